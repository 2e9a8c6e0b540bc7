-- include: begin
-- include: known
-- include: keys
local OF_SCAN = { 'status', 'engine', 'open', 'in_flight', 'done', 'failed', 'excluded', 'claimed', 'running', 'rules',
  'ports', 'rate', 'hosts_per_task', 'port_list', 'spent', 'active', 'advanced', 'tasks_completed', 'started',
  'front' }
local ON_OFFER = { 'engine', 'open', 'in_flight', 'claimed', 'rules', 'ports', 'rate', 'hosts_per_task', 'port_list',
  'front' }

-- scan_of(id): a scan's record.
local function scan_of(id)
  local scan = CALL.scan[id]
  if scan then
    return scan[3] and scan or whole(scan, OF_SCAN)
  end
  local at = key('scan', id)
  local f = redis.call('HMGET', at, unpack(OF_SCAN))
  scan = { at, nil, true, status = f[1], engine = f[2], open = f[3], in_flight = f[4], done = f[5], failed = f[6],
    excluded = f[7], claimed = f[8], running = f[9], rules = f[10], ports = f[11], rate = f[12], hosts_per_task = f[13],
    port_list = f[14], spent = f[15], active = f[16], advanced = f[17], tasks_completed = f[18], started = f[19], front = f[20] }
  CALL.scan[id] = scan
  return scan
end

-- scan_on_offer(id): a scan's record as far as a claim needs it.
local function scan_on_offer(id)
  local scan = CALL.scan[id]
  if scan then
    return scan[3] and scan or read(scan, ON_OFFER)
  end
  local at = key('scan', id)
  local f = redis.call('HMGET', at, unpack(ON_OFFER))
  scan = { at, nil, nil, engine = f[1], open = f[2], in_flight = f[3], claimed = f[4], rules = f[5], ports = f[6],
    rate = f[7], hosts_per_task = f[8], port_list = f[9], front = f[10] }
  CALL.scan[id] = scan
  return scan
end

-- is_open(scan): whether more of it may be handed out.
local function is_open(scan)
  return scan.status == 'pending' or scan.status == 'running'
end
