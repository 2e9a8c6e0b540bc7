-- include: keys
-- include: scan
-- include: open_list
-- include: queue
local LOOKED_AT_MOST_IN_QUEUE, COUNTED_AT_MOST = 16, 100

-- slices_in(entry, size): how many tasks of this size an open interval is.
local function slices_in(entry, size)
  local first, last = string.match(entry, '^(%d+):(%d+)')
  return math.ceil((last - first) / size)
end

-- tasks_in(scan): how many tasks it has to hand out, at most.
local function tasks_in(scan)
  local s = scan_of(scan)
  local size = tonumber(s.hosts_per_task or '') or 1
  if not is_open(s) or size == 1 then
    return is_open(s) and math.min(COUNTED_AT_MOST, tonumber(s.open)) or 0
  end
  local tasks = s.front and slices_in(s.front, size) or 0
  for command, part in pairs({ LRANGE = 'open', ZRANGE = 'blocked' }) do
    for _, entry in ipairs(redis.call(command, key('scan', scan, part), 0, COUNTED_AT_MOST - 1)) do
      tasks = tasks + slices_in(entry, size)
    end
  end
  return math.min(COUNTED_AT_MOST, tasks)
end

-- ready_in(queue): how many scans take a place in its job capacity; those that nobody can do now are about to leave.
local function ready_in(queue)
  local ready, stay = key('queue', queue, 'ready'), 0
  if redis.call('EXISTS', key('queue', queue, 'lost')) == 0 then
    return redis.call('ZCARD', ready)
  end
  for _, scan in ipairs(redis.call('ZRANGE', ready, 0, COUNTED_AT_MOST - 1)) do
    stay = stay + (can(queue, scan_of(scan).engine) and 1 or 0)
  end
  return stay
end

-- in_reach_of(queue, places): the waiting scans for which its job capacity has room, only those that come to the last so
-- many places of it. What is not for now takes none.
local function in_reach_of(queue, places)
  local scans, taken = {}, 0
  local room = tonumber(read(record_of('queue', queue), { 'cap' }).cap or '0') - ready_in(queue)
  local waiting = room > 0 and redis.call('LRANGE', key('queue', queue, 'waiting'), 0, LOOKED_AT_MOST_IN_QUEUE - 1) or {}
  for _, scan in ipairs(waiting) do
    local s = scan_of(scan)
    if taken < room and is_open(s) then
      scans[#scans + 1] = taken >= room - places and scan or nil
      local has_place = not s.spent and can(queue, s.engine) and has_open(scan)
      taken = taken + (has_place and 1 or 0)
    end
  end
  return scans
end

-- is_in_reach(queue, scan): whether this waiting scan is among them.
local function is_in_reach(queue, scan)
  for _, one in ipairs(in_reach_of(queue, math.huge)) do
    if one == scan then
      return true
    end
  end
  return false
end
