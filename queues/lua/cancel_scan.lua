-- Cancels a scan.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] reason
-- Returns {'ok'} | {'not_found'} | {'ended', status}
-- Guarantees: what is open is dropped at once; what is in flight stays its holder's, who is told to stop;
-- repeating it is harmless.
-- include: clock
-- include: set_status
-- include: settle
local now, scan = clock(ARGV[1]), key('scan', ARGV[2])
local s = redis.call('HMGET', scan, 'status', 'open')
if not s[1] then
  return { 'not_found' }
end
if s[1] == 'canceling' or s[1] == 'canceled' then
  return { 'ok' }
end
if s[1] == 'completed' or s[1] == 'failed' then
  return { 'ended', s[1] }
end
withdraw(ARGV[2])
redis.call('DEL', key('scan', ARGV[2], 'open'), key('scan', ARGV[2], 'blocked'))
redis.call('HINCRBY', scan, 'dropped', s[2])
redis.call('HSET', scan, 'open', '0')
set_status(ARGV[2], s[1], 'canceling', ARGV[3], now)
settle(ARGV[2], now)
return { 'ok' }
