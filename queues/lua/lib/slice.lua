-- include: keys
-- include: text
-- slice_size(row, rate, free): how many addresses the next slice of a scan has (design §2): about
-- task_seconds of probing, shrinking towards the end of the scan, within the free capacity.
-- free has targets, tasks, task_seconds.
local function slice_size(row, rate, free)
  if row.hosts_per_task then
    return math.min(row.hosts_per_task, free.targets)
  end
  local each_second = rate / row.ports
  local by_time = math.floor(free.task_seconds * each_second)
  local share = math.ceil(row.open / (2 * math.max(1, row.slots)))
  local size = math.min(by_time, math.max(share, math.floor(each_second)))
  return math.max(1, math.min(size, math.ceil(free.targets / free.tasks)))
end

local TURNED_AT_MOST, PREFER_OTHERS_MS = 16, 30000

-- is_for_others(entry, row, me, now): whether an open interval failed on this scanner a moment ago, and
-- other scanners of the queue are online to try it.
local function is_for_others(entry, row, me, now)
  local id = string.match(entry, ':(%d+)$')
  if not id or row.slots <= me.cap_tasks then
    return false
  end
  local failed = redis.call('HMGET', key('task', id), 'failed_by', 'failed_at')
  return failed[1] == me.id and now - tonumber(failed[2]) < PREFER_OTHERS_MS
end

-- first_for(row, me, now): pops the first open interval that this scanner may have; those for others are
-- turned to the back, at most 16. Returns nil where there is none.
local function first_for(row, me, now)
  local open = key('scan', row.scan, 'open')
  for _ = 1, math.min(TURNED_AT_MOST, redis.call('LLEN', open)) do
    local entry = redis.call('LPOP', open)
    if not is_for_others(entry, row, me, now) then
      return entry
    end
    redis.call('RPUSH', open, entry)
  end
  return nil
end

-- cut(row, size, me, now): takes the first open interval, at most `size` addresses of a fresh one, at most
-- the free target capacity of one that came back and has an id; the rest stays in front. Returns first,
-- last (exclusive), segment, id ('' if fresh), or nil.
local function cut(row, size, me, now)
  local entry, open = first_for(row, me, now), key('scan', row.scan, 'open')
  if not entry then
    return nil
  end
  local first, last, segment, id = string.match(entry, '^(%d+):(%d+):(%d+):(%d*)$')
  first, last = tonumber(first), tonumber(last)
  local most = id == '' and size or me.targets
  if last - first > most then
    redis.call('LPUSH', open, text(first + most) .. ':' .. text(last) .. ':' .. segment .. ':')
    last = first + most
  end
  return first, last, segment, id
end
