-- include: scan
-- include: alarm
-- include: end_leases
-- include: cover
-- include: finish
-- include: reopen
-- include: settle
-- give_back(task, done, now): a holder releases a task whose first `done` addresses are done; the rest
-- waits to be handed out again under the same id.
local function give_back(task, done, now)
  local first, scan = task.first, scan_of(task.scan)
  end_leases({ task }, now)
  if task.stalled ~= '' then
    clear_alarm('task-stalled', task.id, now)
  end
  set(scan, 'active', now)
  set(task, 'said', 'released')
  if done > 0 then
    cover(task.scan, 'done', first, first + done)
  end
  if done == task.size then
    add(scan, 'tasks_completed', 1)
    finish({ task }, 'completed', now)
  else
    local status = reopen(task, first + done)
    if status then
      finish({ task }, status, now)
    else
      set(task, 'status', 'released')
    end
  end
  settle(task.scan, now)
end
