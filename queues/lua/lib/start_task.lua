-- include: scan
-- include: held
-- include: renew
-- include: set_status
-- note_run(id, now): tasks of the scan were begun, now; it runs from its first start.
local function note_run(id, now)
  local scan = scan_of(id)
  if not scan.started then
    set(scan, 'started', now)
  end
  set(scan, 'active', now)
  if scan.status == 'pending' then
    set_status(id, 'pending', 'running', 'its first task was started', now)
  end
end

-- note_start(task, now): it was begun, now.
local function note_start(task, now)
  set(task, 'started', now)
  note_run(task.scan, now)
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
