-- include: scan
-- include: alarm
-- include: end_leases
-- include: cover
-- include: finish
-- include: reopen
-- include: settle
-- retry(task, now): for a scan that asks for it, a reported failure is a strike, and the slice is handed
-- out again, to another scanner if one is there, until its attempts are used up. Returns whether it is.
local function retry(task, now)
  local scan = read(scan_of(task.scan), { 'retry_failed', 'max_attempts' })
  local strikes = (task.strikes ~= '' and task.strikes or 0) + 1
  if scan.retry_failed ~= '1' or strikes >= tonumber(scan.max_attempts) or scan.status == 'canceling' then
    return false
  end
  set(task, 'strikes', strikes)
  set(task, 'said', 'failed')
  set(task, 'status', 'released')
  set(task, 'failed_by', task.scanner)
  set(task, 'failed_at', now)
  reopen(task, task.first)
  return true
end

-- cover_all(tasks, state): what they cover is in that state.
local function cover_all(tasks, state)
  local first, last = tasks[1].first, tasks[1].last
  for i = 2, #tasks do
    local task = tasks[i]
    if task.first ~= last then
      cover(task.scan, state, first, last)
      first = task.first
    end
    last = task.last
  end
  cover(tasks[1].scan, state, first, last)
end

-- end_tasks(tasks, status, message, now): their holder's final word, completed or failed, on tasks as end_leases takes
-- them; failed or with a message: one task.
local function end_tasks(tasks, status, message, now)
  local one = tasks[1]
  local scan = scan_of(one.scan)
  end_leases(tasks, now)
  for i = 1, #tasks do
    if tasks[i].stalled ~= '' then
      clear_alarm('task-stalled', tasks[i].id, now)
    end
  end
  set(scan, 'active', now)
  if message ~= '' then
    set(one, 'error', message)
  end
  if status == 'completed' or not retry(one, now) then
    add(scan, 'tasks_' .. status, #tasks)
    cover_all(tasks, status == 'completed' and 'done' or 'failed')
    finish(tasks, status, now)
  end
  settle(one.scan, now)
end
