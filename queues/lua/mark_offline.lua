-- Takes scanners offline that were not heard of for long.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] offline_ms   ARGV[3] how many at most
-- Returns {'ok', how many}
-- Guarantees: takes no work away, which is the sweep's; after the store was away the fleet gets the time
-- of a lease to be heard of; one that an operator disabled raises no alarm.
-- flag: allow-oom
-- include: clock
-- include: text
-- include: alarm
-- include: presence
-- include: sweep_due
-- include: write_back
local now = clock(ARGV[1])
if has_grace(now) then
  return { 'ok', '0' }
end
local gone = redis.call('ZRANGEBYSCORE', key('online'), '-inf', now - tonumber(ARGV[2]), 'WITHSCORES',
  'LIMIT', 0, tonumber(ARGV[3]))
for i = 1, #gone, 2 do
  local scanner = gone[i]
  redis.call('ZREM', key('online'), scanner)
  set(record_of('scanner', scanner), 'online', '0')
  set(record_of('scanner', scanner), 'seen', tonumber(gone[i + 1]))
  update_presence(scanner)
  if read(record_of('scanner', scanner), { 'enabled' }).enabled == '1' then
    raise_alarm('scanner-offline', scanner, 'Scanner ' .. scanner .. ' was not heard of for ' ..
      text(ARGV[2] / 1000) .. ' s.', now)
  end
end
write_back()
return { 'ok', text(#gone / 2) }
