-- Resumes a paused scan.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] reason
-- Returns {'ok'} | {'not_found'} | {'ended'} | {'not_possible', status}
-- Guarantees: it is handed out again from its old place in its queues.
-- include: clock
-- include: set_status
-- include: return_jobs
local now, scan = clock(ARGV[1]), key('scan', ARGV[2])
local s = redis.call('HMGET', scan, 'status', 'started')
if not s[1] then
  return { 'not_found' }
elseif s[1] == 'completed' or s[1] == 'failed' or s[1] == 'canceled' then
  return { 'ended' }
elseif s[1] ~= 'pausing' and s[1] ~= 'paused' then
  return { 'not_possible', s[1] }
end
set_status(ARGV[2], s[1], s[2] and 'running' or 'pending', ARGV[3], now)
redis.call('HSET', scan, 'active', text(now))
return_jobs(ARGV[2])
return { 'ok' }
