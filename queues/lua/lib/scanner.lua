-- include: records
local OF_SCANNER = { 'auth', 'drain', 'retired', 'wait_until', 'failures', 'engines', 'groups', 'cap_targets', 'cap_tasks',
  'cap_jobs', 'targets', 'tasks', 'rate', 'cursor', 'waits', 'served', 'poll' }
local ALWAYS_NEEDED = { 'auth', 'tasks', 'targets', 'failures', 'wait_until', 'poll' }

-- scanner_of(id): a scanner's record.
local function scanner_of(id)
  return whole(record_of('scanner', id), OF_SCANNER)
end

-- is_stale(id, version): whether the scanner's record changed since its key was checked.
local function is_stale(id, version)
  return read(record_of('scanner', id), ALWAYS_NEEDED).auth ~= version
end
