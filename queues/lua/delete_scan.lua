-- Forgets a finished scan, some of its tasks at a time.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] how many tasks at most
-- Returns {'more'} as long as tasks are left | {'ok'} | {'not_found'} | {'unfinished', status}
-- Guarantees: nothing of an unfinished scan is touched; the record goes last, so that a deletion cut off
-- is finished by repeating it.
-- flag: allow-oom
-- include: clock
-- include: alarm
local scan, id = key('scan', ARGV[2]), ARGV[2]
local status = redis.call('HGET', scan, 'status')
if not status then
  return { 'not_found' }
elseif status ~= 'completed' and status ~= 'failed' and status ~= 'canceled' then
  return { 'unfinished', status }
end
local tasks = redis.call('ZPOPMIN', key('scan', id, 'tasks'), ARGV[3])
for i = 1, #tasks, 2 do
  redis.call('DEL', key('task', tasks[i]))
  clear_alarm('task-quarantined', tasks[i], clock(ARGV[1]))
end
if redis.call('EXISTS', key('scan', id, 'tasks')) == 1 then
  return { 'more' }
end
for _, part in ipairs({ 'segments', 'finished', 'done', 'failed', 'excluded', 'results', 'events' }) do
  redis.call('UNLINK', key('scan', id, part))
end
redis.call('ZREM', key('scans'), id)
redis.call('ZREM', key('scans', status), id)
redis.call('DEL', scan)
return { 'ok' }
