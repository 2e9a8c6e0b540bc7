-- include: keys
-- include: records
-- include: capacities
local GROUPS_AT_MOST = 32 -- a claim looks at the queue of each

-- list(text): the comma-separated items.
local function list(text)
  local items = {}
  for item in string.gmatch(text, '[^,]+') do
    items[#items + 1] = item
  end
  return items
end

-- groups_of(scanner): the groups that it is in, comma-separated.
local function groups_of(scanner)
  return read(record_of('scanner', scanner), { 'groups' }).groups or ''
end

-- set_groups(scanner, groups): its groups are these (comma-separated) from now on.
local function set_groups(scanner, groups)
  for _, group in ipairs(list(groups_of(scanner))) do
    redis.call('SREM', key('group', group, 'members'), scanner)
    if not string.find(',' .. groups .. ',', ',' .. group .. ',', 1, true) then
      redis.call('ZREM', key('queue', 'g' .. group, 'polls'), scanner)
    end
  end
  for _, group in ipairs(list(groups)) do
    redis.call('SADD', key('group', group, 'members'), scanner)
  end
  set(record_of('scanner', scanner), 'groups', groups)
  update_capacities(scanner)
end

-- with(groups, group), without(groups, group): the list with it, or without it.
local function without(groups, group)
  local rest = {}
  for _, one in ipairs(list(groups)) do
    if one ~= group then
      rest[#rest + 1] = one
    end
  end
  return table.concat(rest, ',')
end

local function with(groups, group)
  local rest = without(groups, group)
  return rest == '' and group or rest .. ',' .. group
end
