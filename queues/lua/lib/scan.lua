-- include: records
local OF_SCAN = { 'status', 'engine', 'open', 'in_flight', 'done', 'failed', 'excluded', 'claimed', 'running', 'rules',
  'ports', 'rate', 'hosts_per_task', 'port_list', 'spent', 'active', 'advanced', 'tasks_completed', 'started' }

-- scan_of(id): a scan's record.
local function scan_of(id)
  return whole(record_of('scan', id), OF_SCAN)
end

-- is_open(scan): whether more of it may be handed out.
local function is_open(scan)
  return scan.status == 'pending' or scan.status == 'running'
end
