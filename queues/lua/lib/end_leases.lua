-- include: keys
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

-- end_leases(tasks, now): takes them away and gives their capacity back: the only place that does. The tasks are held
-- (is_held), of one scan and one status, and their leases have one text. Whoever calls it says at once what they are now.
local function end_leases(tasks, now)
  local one, count, size = tasks[1], #tasks, 0
  local me, scan = record_of('scanner', one.scanner), scan_of(one.scan)
  local was_running, advanced = one.status == 'running', 0
  for i = 1, count do
    local task = tasks[i]
    size = size + task.size
    if task.progress ~= '0' then
      advanced = advanced + math.min(tonumber(task.progress), task.size)
    end
    if was_running then
      score(key('stalls'), task.id, false)
    elseif task.request ~= '' then
      note_unstarted(task.scanner, task.request, task.id, false)
    end
  end
  let_go(me, tasks)
  add(me, 'tasks', -count)
  add(me, 'targets', -size)
  add(scan, 'in_flight', -size)
  add(scan, one.status, -count)
  if advanced > 0 then
    add(scan, 'advanced', -advanced)
  end
  for i = 1, one.rate ~= '' and count or 0 do
    free_budgets(tasks[i], now)
  end
  stir_scanner(one.scanner)
end
