-- Takes scanners offline that were not heard of for long.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] offline_ms   ARGV[3] how many at most
-- Returns {'ok', how many}
-- Guarantees: takes no work away; that is the sweep's.
-- include: clock
-- include: alarm
-- include: presence
local now = clock(ARGV[1])
local gone = redis.call('ZRANGEBYSCORE', key('online'), '-inf', text(now - tonumber(ARGV[2])), 'WITHSCORES',
  'LIMIT', 0, tonumber(ARGV[3]))
for i = 1, #gone, 2 do
  local scanner = gone[i]
  redis.call('ZREM', key('online'), scanner)
  redis.call('HSET', key('scanner', scanner), 'online', '0', 'seen', text(tonumber(gone[i + 1])))
  update_presence(scanner)
  raise_alarm('scanner-offline', scanner, 'Scanner ' .. scanner .. ' was not heard of for ' ..
    text(ARGV[2] / 1000) .. ' s.', now)
end
return { 'ok', text(#gone / 2) }
