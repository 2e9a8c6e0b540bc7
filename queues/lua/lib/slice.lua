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

-- cut(scan, size, whole): takes the first open interval, at most `size` addresses of a fresh one, at most
-- `whole` of one that came back and has an id; the rest stays in front. Returns first, last (exclusive),
-- segment, id ('' if fresh).
local function cut(scan, size, whole)
  local open = key('scan', scan, 'open')
  local first, last, segment, id =
    string.match(redis.call('LPOP', open), '^(%d+):(%d+):(%d+):(%d*)$')
  first, last = tonumber(first), tonumber(last)
  local most = id == '' and size or whole
  if last - first > most then
    redis.call('LPUSH', open, text(first + most) .. ':' .. text(last) .. ':' .. segment .. ':')
    last = first + most
  end
  return first, last, segment, id
end
