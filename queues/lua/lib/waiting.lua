-- include: keys
-- include: known
-- include: reach
-- include: budget
local LOOKED_AT_MOST = 116

-- passes_by(scanner): whether a claim of it would make room: it wants more of a budget, which is spent by now, so that what
-- waits for that leaves the queue.
local function passes_by(scanner)
  local s = read(record_of('scanner', scanner), { 'waits', 'least' })
  for kind, id in string.gmatch(s.waits or '', '([a-z]+):(%d+)') do
    local limit = tonumber(redis.call('HGET', key(kind, id), 'rate') or '')
    local budget = limit and { kind = kind, id = id, limit = limit }
    if budget and room_of(budget) < least_of(budget, tonumber(s.least or '1')) then
      return true
    end
  end
  return false
end

-- served_before(a, b): in which order those that wait are called.
local function served_before(a, b)
  return a.served < b.served
end

-- waiting(scan): who waits for it, least recently served first: where it has left the waiting list or is in reach; and,
-- apart from them, those who would make room for it where it is behind others.
local function waiting(scan)
  local there, behind, jobs = {}, {}, redis.call('HGETALL', key('scan', scan, 'jobs'))
  for i = 1, #jobs, 2 do
    local queue = jobs[i]
    local rows = redis.call('ZRANGE', key('queue', queue, 'polls'), 0, LOOKED_AT_MOST - 1, 'WITHSCORES')
    local is_off = #rows == 0 or queue_of(queue).retired
    local is_there = not is_off and (jobs[i + 1] == 'out' or is_in_reach(queue, scan))
    for n = 1, is_off and 0 or #rows, 2 do
      local who = is_there and there or passes_by(rows[n]) and behind or {}
      who[#who + 1] = { scanner = rows[n], served = tonumber(rows[n + 1]) }
    end
  end
  table.sort(there, served_before)
  table.sort(behind, served_before)
  return there, behind
end
