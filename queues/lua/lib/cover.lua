-- include: begin
-- include: keys
-- include: text
-- include: scan
-- include: write_back
-- include: records
-- cover(scan, state, first, last): adds an interval to the merged intervals of `state` (done, failed,
-- excluded) and to the scan's counter of it. Memory is per gap, not per task.
local function cover(scan, state, first, last)
  add(scan_of(scan), state, last - first)
  local covered = kept('covered')
  local by_scan = covered[state] or {}
  local intervals = by_scan[scan]
  if not intervals then
    intervals = { where = key('scan', scan, state) }
    covered[state], by_scan[scan] = by_scan, intervals
    covered[#covered + 1] = intervals
  end
  local latest = intervals[#intervals]
  if latest and latest.last == first then
    latest.last = last
  else
    intervals[#intervals + 1] = { first = first, last = last }
  end
end

local function at(where, index, reverse)
  local command = reverse and 'ZREVRANGEBYSCORE' or 'ZRANGEBYSCORE'
  return redis.call(command, where, index, reverse and '-inf' or index, 'LIMIT', 0, 1)[1]
end

-- join(where, first, last): an interval is merged with those that it touches.
local function join(where, first, last)
  local before = first > 0 and at(where, first - 1, true)
  local start, stop = string.match(before or '', '^(%d+):(%d+)$')
  if stop and tonumber(stop) == first then
    redis.call('ZREM', where, before)
    first = tonumber(start)
  end
  local after = at(where, last, false)
  if after then
    redis.call('ZREM', where, after)
    last = tonumber(string.match(after, ':(%d+)$'))
  end
  redis.call('ZADD', where, first, text(first) .. ':' .. text(last))
end

-- Neighbours are joined before they are written.
WRITERS[#WRITERS + 1] = function()
  local covered = CALL.covered or NONE
  for n = 1, #covered do
    local intervals = covered[n]
    local where = intervals.where
    table.sort(intervals, function(a, b) return a.first < b.first end)
    local whole = intervals[1]
    for i = 2, #intervals do
      if intervals[i].first == whole.last then
        whole.last = intervals[i].last
      else
        join(where, whole.first, whole.last)
        whole = intervals[i]
      end
    end
    join(where, whole.first, whole.last)
  end
end
