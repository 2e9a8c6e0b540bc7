-- include: keys
-- include: scan
-- include: members
-- include: renew
-- include: set_status
-- start_task(task, now, stall_ms): its holder begins it; harmless where it has begun. The scan runs from its
-- first start.
local function start_task(task, now, stall_ms)
  if task.status ~= 'claimed' then
    return
  end
  local scan = scan_of(task.scan)
  set(task, 'status', 'running')
  set(task, 'started', now)
  add(scan, 'claimed', -1)
  add(scan, 'running', 1)
  if task.request ~= '' then
    score(key('scanner', task.scanner, 'unstarted'), task.request .. ':' .. task.id, false)
  end
  if not scan.started then
    set(scan, 'started', now)
  end
  set(scan, 'active', now)
  if scan.status == 'pending' then
    set_status(task.scan, 'pending', 'running', 'its first task was started', now)
  end
  watch(task, now, stall_ms)
end
