-- Begins, or takes back, the deletion of a scanner's or a group's queue.
-- KEYS[1] the site
-- ARGV[1] queue   ARGV[2] '1' to begin, '0' to take it back
-- Returns {'ok'} | {'not_found'}
-- Guarantees: a retired queue takes no new scans, and nothing of it is handed out.
-- include: keys
local queue = key('queue', ARGV[1])
if redis.call('EXISTS', queue) == 0 then
  return { 'not_found' }
elseif ARGV[2] == '1' then
  redis.call('HSET', queue, 'retired', '1')
else
  redis.call('HDEL', queue, 'retired')
end
return { 'ok' }
