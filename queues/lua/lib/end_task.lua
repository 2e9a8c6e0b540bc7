-- include: keys
-- include: text
-- include: alarm
-- include: end_lease
-- include: cover
-- include: finish_task
-- include: reopen
-- include: settle
-- retry(task, now): for a scan that asks for it, a reported failure is a strike, and the slice is handed
-- out again, to another scanner if one is there, until its attempts are used up. Returns whether it is.
local function retry(task, now)
  local scan = redis.call('HMGET', key('scan', task.scan), 'retry_failed', 'max_attempts', 'status')
  local strikes = tonumber(task.strikes ~= '' and task.strikes or '0') + 1
  if scan[1] ~= '1' or strikes >= tonumber(scan[2]) or scan[3] == 'canceling' then
    return false
  end
  redis.call('HSET', key('task', task.id), 'strikes', text(strikes), 'status', 'released',
    'failed_by', task.scanner, 'failed_at', text(now))
  reopen(task, tonumber(task.first))
  return true
end

-- end_task(task, status, message, now): its holder's final word: completed or failed.
local function end_task(task, status, message, now)
  end_lease(task, now)
  clear_alarm('task-stalled', task.id, now)
  redis.call('HSET', key('scan', task.scan), 'active', text(now))
  redis.call('HSET', key('task', task.id), 'error', message, 'said', status)
  if status == 'completed' or not retry(task, now) then
    redis.call('HINCRBY', key('scan', task.scan), 'tasks_' .. status, 1)
    local state = status == 'completed' and 'done' or 'failed'
    cover(task.scan, state, tonumber(task.first), tonumber(task.last))
    finish_task(task, status, now)
  end
  settle(task.scan, now)
end
