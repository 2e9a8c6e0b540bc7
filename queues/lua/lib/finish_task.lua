-- include: keys
-- include: text
local TASKS_KEPT = 1000

-- finish_task(task, status, now): it has ended for good; a scan keeps its newest 1,000 whole.
local function finish_task(task, status, now)
  redis.call('HSET', key('task', task.id), 'status', status, 'finished', text(now))
  local finished = key('scan', task.scan, 'finished')
  if redis.call('LPUSH', finished, task.id) > TASKS_KEPT then
    local oldest = redis.call('RPOP', finished)
    redis.call('DEL', key('task', oldest))
    redis.call('ZREM', key('scan', task.scan, 'tasks'), oldest)
  end
end
