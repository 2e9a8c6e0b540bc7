-- include: keys
-- include: text
-- include: return_jobs
local CUT_ANEW = '-1' -- no version of the rules: what comes back was cut under older ones

-- reopen(task, first): the addresses from `first` to the task's end go to the front of the open list
-- under the task's id; of a scan that is being canceled they are dropped. Returns the task's new status.
local function reopen(task, first)
  local scan, size = key('scan', task.scan), tonumber(task.last) - first
  if redis.call('HGET', scan, 'status') == 'canceling' then
    redis.call('HINCRBY', scan, 'dropped', text(size))
    return 'canceled'
  end
  redis.call('HSET', key('task', task.id), 'first', text(first))
  redis.call('HINCRBY', scan, 'open', text(size))
  local entry = text(first) .. ':' .. task.last .. ':' .. task.segment .. ':' ..
    task.id .. ':' .. task.subnets
  if task.recut ~= '' then
    redis.call('HSET', scan, 'rules', CUT_ANEW)
  end
  if redis.call('LPUSH', key('scan', task.scan, 'open'), entry) == 1 then
    return_jobs(task.scan)
  end
  return nil
end
