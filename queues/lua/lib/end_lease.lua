-- include: keys
-- include: task
-- include: scan
-- include: held
-- include: members
-- include: return_jobs
-- include: freed
-- include: charge
-- include: sharers
-- include: rouse
-- include: records
-- free_budgets(task, now): gives its rate back; what waited for it can be handed out again.
local function free_budgets(task, now)
  if discharge('scan', task.scan, task, now) then
    stir_sharers('scan', task.scan)
    if scan_of(task.scan).spent then
      set(scan_of(task.scan), 'spent', false)
      return_jobs(task.scan)
    end
  end
  for id in string.gmatch(task.subnets, '%d+') do
    if discharge('subnet', id, task, now) then
      stir_sharers('subnet', id)
      look_again_at(id)
    end
  end
end

-- end_lease(task, now): takes the lease away and gives its capacity back: the only place that does. Whoever calls it says
-- at once what the task is now. Returns false where it has none.
local function end_lease(task, now)
  if not is_held(task) then
    return false
  end
  local me, scan = record_of('scanner', task.scanner), scan_of(task.scan)
  add(me, 'tasks', -1)
  add(me, 'targets', -task.size)
  count_held(me, task.scan, -1)
  score(key('leases'), task.id, false)
  score(key('scanner', task.scanner, 'tasks'), task.id, false)
  if task.status == 'running' then
    score(key('stalls'), task.id, false)
  elseif task.request ~= '' then
    note_unstarted(task.scanner, task.request, task.id, false)
  end
  add(scan, 'in_flight', -task.size)
  add(scan, task.status, -1)
  if task.progress ~= '0' then
    add(scan, 'advanced', -math.min(tonumber(task.progress), task.size))
  end
  if task.rate ~= '' then
    free_budgets(task, now)
  end
  stir_scanner(task.scanner)
  return true
end
