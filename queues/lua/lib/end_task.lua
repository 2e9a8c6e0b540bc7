-- include: scan
-- include: alarm
-- include: end_lease
-- include: cover
-- include: finish_task
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

-- end_task(task, status, message, now): its holder's final word: completed or failed.
local function end_task(task, status, message, now)
  local scan = scan_of(task.scan)
  end_lease(task, now)
  if task.stalled ~= '' then
    clear_alarm('task-stalled', task.id, now)
  end
  set(scan, 'active', now)
  if message ~= '' then
    set(task, 'error', message)
  end
  if status == 'completed' or not retry(task, now) then
    add(scan, 'tasks_' .. status, 1)
    cover(task.scan, status == 'completed' and 'done' or 'failed', task.first, task.last)
    finish_task(task, status, now)
  end
  settle(task.scan, now)
end
