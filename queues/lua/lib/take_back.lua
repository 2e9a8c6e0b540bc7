-- include: keys
-- include: text
-- include: site
-- include: task
-- include: members
-- include: scan
-- include: alarm
-- include: record
-- include: end_leases
-- include: cover
-- include: reopen
-- include: finish
-- include: settle
local function quarantine(task, strikes, now)
  set(task, 'taken', '1')
  set(task, 'error', 'quarantined: its lease ran out ' .. strikes .. ' times')
  add(scan_of(task.scan), 'tasks_failed', 1)
  cover(task.scan, 'failed', task.first, task.last)
  finish({ task }, 'failed', now)
  raise_alarm('task-quarantined', task.id, 'Task ' .. task.id .. ' of scan ' .. task.scan ..
    ' was lost ' .. strikes .. ' times after its start and is not handed out again.', now)
end

-- take_back(task, now): its lease ran out. What was running has a strike more, and is quarantined when
-- the scan's max_attempts are used up; otherwise it waits to be handed out again under the same id.
local function take_back(task, now)
  if not is_held(task) then
    score(key('leases'), task.id, false)
    return
  end
  end_leases({ task }, now)
  if task.stalled ~= '' then
    clear_alarm('task-stalled', task.id, now)
  end
  add(site(), 'expired', 1)
  add(scan_of(task.scan), 'expired', 1)
  record(task.scan, now, 'task-expired', 'task', task.id, 'scanner', task.scanner, 'attempt', task.attempt)
  local strikes = (task.strikes ~= '' and task.strikes or 0) + (task.status == 'running' and 1 or 0)
  set(task, 'strikes', strikes)
  if strikes >= tonumber(read(scan_of(task.scan), { 'max_attempts' }).max_attempts) then
    quarantine(task, text(strikes), now)
  else
    local status = reopen(task, task.first)
    if status then
      finish({ task }, status, now)
    else
      set(task, 'status', 'expired')
    end
  end
  settle(task.scan, now)
end
