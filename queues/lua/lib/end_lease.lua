-- include: keys
-- include: text
-- include: return_jobs
-- include: charge
-- free_budgets(task, now): gives its rate back; what waited for it can be handed out again.
local function free_budgets(task, now)
  if discharge('scan', task.scan, task, now) and redis.call('HDEL', key('scan', task.scan), 'spent') == 1 then
    return_jobs(task.scan)
  end
  for id in string.gmatch(task.subnets, '%d+') do
    local freed = discharge('subnet', id, task, now)
    if freed and redis.call('EXISTS', key('subnet', id, 'blocked')) == 1 then
      redis.call('ZADD', key('freed'), id, id)
    end
  end
end

-- end_lease(task, now): takes the lease away and gives its capacity back: the only place that does, and only
-- for whoever removed the lease. Returns false where there was none.
local function end_lease(task, now)
  if redis.call('ZREM', key('leases'), task.id) == 0 then
    return false
  end
  local me, scans = key('scanner', task.scanner), key('scanner', task.scanner, 'scans')
  redis.call('HINCRBY', me, 'tasks', -1)
  redis.call('HINCRBY', me, 'targets', text(-task.size))
  if redis.call('HINCRBY', scans, task.scan, -1) == 0 then
    redis.call('HDEL', scans, task.scan)
  end
  redis.call('ZREM', key('scanner', task.scanner, 'tasks'), task.id)
  redis.call('ZREM', key('scanner', task.scanner, 'unstarted'), task.request .. ':' .. task.id)
  redis.call('ZREM', key('stalls'), task.id)
  local scan = key('scan', task.scan)
  redis.call('HINCRBY', scan, 'in_flight', text(-task.size))
  redis.call('HINCRBY', scan, task.status, -1)
  if task.progress ~= '0' then
    redis.call('HINCRBY', scan, 'advanced', text(-math.min(tonumber(task.progress), task.size)))
  end
  if task.rate ~= '' then
    free_budgets(task, now)
  end
  return true
end
