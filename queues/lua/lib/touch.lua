-- include: keys
-- include: records
-- include: alarm
-- include: presence
-- touch(scanner, now): it was heard of; one that was offline is online again. It is noted to the second: one that was handed
-- something in this very second was heard of then. Its record was read before, to see that it is who calls.
local function touch(scanner, now)
  local me = record_of('scanner', scanner)
  if me.online == '1' and me.served and math.floor(me.served / 1000) == math.floor(now / 1000) then
    return
  end
  if redis.call('ZADD', key('online'), now, scanner) == 1 then
    set(me, 'online', '1')
    clear_alarm('scanner-offline', scanner, now)
    update_presence(scanner)
  end
end
