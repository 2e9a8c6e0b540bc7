-- Creates a group of scanners, or changes one.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] group, '' for a new one   ARGV[3] name of the request or ''
-- ARGV[4] digest of the request   ARGV[5] name, '' to leave it   ARGV[6] job capacity, '' to leave it
-- ARGV[7] '1' if the members are these from now on   ARGV[8…] scanners
-- Returns {'ok', id} | {'repeated', id} | {'reused'} | {'not_found'} | {'unknown_scanner', scanner}
--   | {'too_many_groups', scanner}
-- Guarantees: a scanner's own list of groups and a group's list of members agree.
-- include: clock
-- include: new_id
-- include: repeated
-- include: membership
-- include: rouse
-- include: write_back
local now, id = clock(ARGV[1]), ARGV[2]
local before = repeated(ARGV[3], ARGV[4])
if before ~= nil then
  return { before and 'repeated' or 'reused', before or nil }
end
if id ~= '' and redis.call('EXISTS', key('group', id)) == 0 then
  return { 'not_found' }
end
for i = 8, #ARGV do
  if redis.call('EXISTS', key('scanner', ARGV[i])) == 0 then
    return { 'unknown_scanner', ARGV[i] }
  elseif #list(with(groups_of(ARGV[i]), id)) > GROUPS_AT_MOST then
    return { 'too_many_groups', ARGV[i] }
  end
end

if id == '' then
  id = new_id(now)
  redis.call('ZADD', key('groups'), id, id)
  redis.call('HSET', key('group', id), 'created', now)
end
if ARGV[5] ~= '' then
  redis.call('HSET', key('group', id), 'name', ARGV[5])
end
if ARGV[6] ~= '' then
  set(record_of('queue', 'g' .. id), 'cap', ARGV[6])
  stir_queue('g' .. id)
end
if ARGV[7] == '1' then
  local stays = {}
  for i = 8, #ARGV do
    stays[ARGV[i]] = true
    set_groups(ARGV[i], with(groups_of(ARGV[i]), id))
  end
  for _, scanner in ipairs(redis.call('SMEMBERS', key('group', id, 'members'))) do
    if not stays[scanner] then
      set_groups(scanner, without(groups_of(scanner), id))
    end
  end
end
remember(ARGV[3], ARGV[4], id)
write_back()
return { 'ok', id }
