-- include: keys
-- include: reach
local LOOKED_AT_MOST = 116

-- waiting(scan): who waits for it, least recently served first: where it has left the waiting list or is in reach.
local function waiting(scan)
  local all, jobs = {}, redis.call('HGETALL', key('scan', scan, 'jobs'))
  for i = 1, #jobs, 2 do
    local queue = jobs[i]
    local rows = redis.call('ZRANGE', key('queue', queue, 'polls'), 0, LOOKED_AT_MOST - 1, 'WITHSCORES')
    local is_there = #rows > 0 and not queue_of(queue).retired and (jobs[i + 1] == 'out' or is_in_reach(queue, scan))
    for n = 1, is_there and #rows or 0, 2 do
      all[#all + 1] = { scanner = rows[n], served = tonumber(rows[n + 1]) }
    end
  end
  table.sort(all, function(a, b) return a.served < b.served end)
  return all
end
