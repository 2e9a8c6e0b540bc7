-- include: begin
-- include: known
-- include: keys
local OF_SCANNER = { 'auth', 'drain', 'retired', 'wait_until', 'failures', 'engines', 'groups', 'cap_targets', 'cap_tasks',
  'cap_jobs', 'targets', 'tasks', 'rate', 'cursor', 'waits', 'poll', 'online', 'served', 'holds' }
local ALWAYS_NEEDED = { 'auth', 'tasks', 'targets', 'failures', 'wait_until', 'poll', 'online', 'served', 'holds' }

-- scanner_of(id): a scanner's record.
local function scanner_of(id)
  local me = CALL.scanner[id]
  if me then
    return me[3] and me or whole(me, OF_SCANNER)
  end
  local at = key('scanner', id)
  local f = redis.call('HMGET', at, unpack(OF_SCANNER))
  me = { at, nil, true, auth = f[1], drain = f[2], retired = f[3], wait_until = f[4], failures = f[5], engines = f[6],
    groups = f[7], cap_targets = f[8], cap_tasks = f[9], cap_jobs = f[10], targets = f[11], tasks = f[12], rate = f[13],
    cursor = f[14], waits = f[15], poll = f[16], online = f[17], served = f[18], holds = f[19] }
  CALL.scanner[id] = me
  return me
end

-- is_stale(id, version): whether the scanner's record changed since its key was checked.
local function is_stale(id, version)
  return read(record_of('scanner', id), ALWAYS_NEEDED).auth ~= version
end
