-- include: keys
-- include: text
-- include: alarm
-- include: end_lease
-- include: cover
-- include: finish_task
-- include: reopen
-- include: settle
-- give_back(task, done, now): a holder releases a task whose first `done` addresses are done; the rest
-- waits to be handed out again under the same id.
local function give_back(task, done, now)
  local first = tonumber(task.first)
  end_lease(task, now)
  clear_alarm('task-stalled', task.id, now)
  redis.call('HSET', key('scan', task.scan), 'active', text(now))
  redis.call('HSET', key('task', task.id), 'said', 'released')
  if done > 0 then
    cover(task.scan, 'done', first, first + done)
  end
  if done == task.size then
    redis.call('HINCRBY', key('scan', task.scan), 'tasks_completed', 1)
    finish_task(task, 'completed', now)
  else
    local status = reopen(task, first + done)
    if status then
      finish_task(task, status, now)
    else
      redis.call('HSET', key('task', task.id), 'status', 'released')
    end
  end
  settle(task.scan, now)
end
