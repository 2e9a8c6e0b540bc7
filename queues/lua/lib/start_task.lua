-- include: scan
-- include: held
-- include: renew
-- include: set_status
-- note_start(task, now): it was begun, now; the scan runs from its first start.
local function note_start(task, now)
  local scan = scan_of(task.scan)
  set(task, 'started', now)
  if not scan.started then
    set(scan, 'started', now)
  end
  set(scan, 'active', now)
  if scan.status == 'pending' then
    set_status(task.scan, 'pending', 'running', 'its first task was started', now)
  end
end

-- start_task(task, now, stall_ms): its holder begins it; harmless where it has begun.
local function start_task(task, now, stall_ms)
  if task.status ~= 'claimed' then
    return
  end
  local scan = scan_of(task.scan)
  note_start(task, now)
  set(task, 'status', 'running')
  add(scan, 'claimed', -1)
  add(scan, 'running', 1)
  if task.request ~= '' then
    note_unstarted(task.scanner, task.request, task.id, false)
  end
  watch(task, now, stall_ms)
end
