-- include: keys
-- include: text
-- include: records
-- include: alarm
-- include: presence
-- touch(scanner, now): it was heard of; one that was offline is online again.
local function touch(scanner, now)
  if redis.call('ZADD', key('online'), text(now), scanner) == 1 then
    set(record_of('scanner', scanner), 'online', '1')
    clear_alarm('scanner-offline', scanner, now)
    update_presence(scanner)
  end
end
