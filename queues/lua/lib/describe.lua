-- include: keys
-- describe(id): a task as the scanner is told of it: id, attempt, scan, first, last, segment (text), rate,
-- what bound the rate, the scan's part of the job (JSON).
local function describe(id)
  local t = redis.call('HMGET', key('task', id), 'attempt', 'scan', 'first', 'last', 'segment', 'rate', 'rated_by')
  local segment = redis.call('HGET', key('scan', t[2], 'segments'), t[5])
  local job = redis.call('HGET', key('scan', t[2]), 'job')
  return { id, t[1], t[2], t[3], t[4], segment, t[6], t[7], job }
end
