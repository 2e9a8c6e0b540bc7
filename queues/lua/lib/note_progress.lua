-- include: scan
-- include: alarm
-- include: renew
-- note_progress(task, progress, now, stall_ms): what a holder reports; only a changed progressCount counts as
-- progress.
local function note_progress(task, progress, now, stall_ms)
  local before, scan = task.progress, scan_of(task.scan)
  set(task, 'progress', progress)
  if progress ~= before then
    add(scan, 'advanced', math.min(tonumber(progress), task.size) - math.min(tonumber(before), task.size))
    set(scan, 'active', now)
    if task.status == 'running' then
      watch(task, now, stall_ms)
    end
    if task.stalled ~= '' then
      set(task, 'stalled', false)
      clear_alarm('task-stalled', task.id, now)
    end
  end
end
