-- include: records
local OF_SCAN = { 'status', 'engine', 'open', 'in_flight', 'done', 'failed', 'excluded', 'claimed', 'running', 'rules',
  'ports', 'rate', 'hosts_per_task', 'port_list', 'spent', 'active', 'advanced', 'tasks_completed', 'started' }
local ON_OFFER = { 'engine', 'open', 'in_flight', 'claimed', 'rules', 'ports', 'rate', 'hosts_per_task', 'port_list' }

-- scan_of(id): a scan's record, made with room for its fields.
local function scan_of(id)
  local scan = RECORDS.scan[id]
  if not scan then
    scan = { key('scan', id), nil, nil, status = nil, engine = nil, open = nil, in_flight = nil, done = nil, failed = nil,
      excluded = nil, claimed = nil, running = nil, rules = nil, ports = nil, rate = nil, hosts_per_task = nil,
      port_list = nil, spent = nil, active = nil, advanced = nil, tasks_completed = nil, started = nil }
    RECORDS.scan[id] = scan
  end
  return scan[3] and scan or whole(scan, OF_SCAN)
end

-- scan_on_offer(id): a scan's record as far as a claim needs it.
local function scan_on_offer(id)
  local scan = RECORDS.scan[id]
  if scan then
    return scan[3] and scan or read(scan, ON_OFFER)
  end
  scan = { key('scan', id), nil, nil, engine = nil, open = nil, in_flight = nil, claimed = nil, rules = nil, ports = nil,
    rate = nil, hosts_per_task = nil, port_list = nil }
  RECORDS.scan[id] = scan
  fetch(scan, ON_OFFER)
  return scan
end

-- is_open(scan): whether more of it may be handed out.
local function is_open(scan)
  return scan.status == 'pending' or scan.status == 'running'
end
