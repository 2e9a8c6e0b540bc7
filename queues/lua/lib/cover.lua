-- include: keys
-- include: text
local function at(where, index, reverse)
  local command = reverse and 'ZREVRANGEBYSCORE' or 'ZRANGEBYSCORE'
  local from, to = text(index), reverse and '-inf' or text(index)
  return redis.call(command, where, from, to, 'LIMIT', 0, 1)[1]
end

-- cover(scan, state, first, last): adds an interval to the merged intervals of `state` (done, failed,
-- excluded) and to the scan's counter of it. Memory is per gap, not per task.
local function cover(scan, state, first, last)
  local where = key('scan', scan, state)
  redis.call('HINCRBY', key('scan', scan), state, text(last - first))
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
  redis.call('ZADD', where, text(first), text(first) .. ':' .. text(last))
end
