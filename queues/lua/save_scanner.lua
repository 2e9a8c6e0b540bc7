-- Creates a scanner, or changes one.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner, '' for a new one   ARGV[3] name of the request or ''
-- ARGV[4] digest of the request   ARGV[5] its groups, comma-separated, or '-' to leave them
-- ARGV[6…] fields of its record and their values, alternating
-- Returns {'ok', id} | {'repeated', id} | {'reused'} | {'not_found'} | {'retired'}
--   | {'unknown_group', group} | {'too_many_groups', scanner}
--   | {'capacity_order', targets, tasks, jobs}
-- Guarantees: job capacity <= task capacity <= target capacity; the record has a new version, so that
-- what a process remembers of it is stale.
-- include: clock
-- include: text
-- include: new_id
-- include: repeated
-- include: membership
-- include: rouse
-- include: write_back
local now, id, groups = clock(ARGV[1]), ARGV[2], ARGV[5]
local before = repeated(ARGV[3], ARGV[4])
if before ~= nil then
  return { before and 'repeated' or 'reused', before or nil }
end
if id ~= '' and redis.call('EXISTS', key('scanner', id)) == 0 then
  return { 'not_found' }
elseif id ~= '' and read(record_of('scanner', id), { 'retired' }).retired then
  return { 'retired' }
elseif groups ~= '-' and #list(groups) > GROUPS_AT_MOST then
  return { 'too_many_groups', id }
end
for _, group in ipairs(groups == '-' and {} or list(groups)) do
  if redis.call('EXISTS', key('group', group)) == 0 then
    return { 'unknown_group', group }
  end
end
local wanted, sets_capacity = { groups = groups ~= '-' and groups or nil }, id == ''
for i = 6, #ARGV, 2 do
  wanted[ARGV[i]] = ARGV[i + 1]
  sets_capacity = sets_capacity or string.sub(ARGV[i], 1, 4) == 'set_'
end
for _, name in ipairs({ 'set_targets', 'set_tasks', 'set_jobs', 'cpus', 'memory', 'groups' }) do
  wanted[name] = wanted[name] or (id ~= '' and read(record_of('scanner', id), { name })[name]) or ''
end
local targets, tasks, jobs = capacities(wanted)
if sets_capacity and (jobs > tasks or tasks > targets) then
  return { 'capacity_order', text(targets), text(tasks), text(jobs) }
end

local new = id == ''
id = new and new_id(now) or id
local me = record_of('scanner', id)
if new then
  redis.call('ZADD', key('scanners'), id, id)
  for name, value in pairs({ created = now, online = '0', groups = '', enabled = '1' }) do
    set(me, name, value)
  end
end
for i = 6, #ARGV, 2 do
  set(me, ARGV[i], ARGV[i + 1])
end
add(me, 'auth', 1)
stir_scanner(id)
set_groups(id, groups ~= '-' and groups or groups_of(id))
remember(ARGV[3], ARGV[4], id)
write_back()
return { 'ok', id }
