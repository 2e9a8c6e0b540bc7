-- include: records
local OF_SCANNER = { 'auth', 'drain', 'retired', 'wait_until', 'failures', 'engines', 'groups', 'cap_targets', 'cap_tasks',
  'cap_jobs', 'targets', 'tasks', 'rate', 'cursor', 'waits', 'poll' }
local ALWAYS_NEEDED = { 'auth', 'tasks', 'targets', 'failures', 'wait_until', 'poll' }

-- scanner_of(id): a scanner's record, made with room for its fields.
local function scanner_of(id)
  local me = RECORDS.scanner[id]
  if not me then
    me = { key('scanner', id), nil, nil, auth = nil, drain = nil, retired = nil, wait_until = nil, failures = nil,
      engines = nil, groups = nil, cap_targets = nil, cap_tasks = nil, cap_jobs = nil, targets = nil, tasks = nil,
      rate = nil, cursor = nil, waits = nil, served = nil, poll = nil }
    RECORDS.scanner[id] = me
  end
  return me[3] and me or whole(me, OF_SCANNER)
end

-- is_stale(id, version): whether the scanner's record changed since its key was checked.
local function is_stale(id, version)
  return read(record_of('scanner', id), ALWAYS_NEEDED).auth ~= version
end
