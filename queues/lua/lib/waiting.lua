-- include: keys
-- include: reach
local LOOKED_AT_MOST = 116

-- waiting(scan, stirred): who waits for it, least recently served first, on these queues, and on those of its others
-- where it has left the waiting list or is in reach if stirred.all.
local function waiting(scan, stirred)
  local all, seen, jobs = {}, {}, redis.call('HGETALL', key('scan', scan, 'jobs'))
  for i = 1, #jobs, 2 do
    local queue, rows = jobs[i], {}
    if stirred.all or stirred[queue] then
      rows = redis.call('ZRANGE', key('queue', queue, 'polls'), 0, LOOKED_AT_MOST - 1, 'WITHSCORES')
    end
    local is_there = #rows > 0 and not queue_of(queue).retired
      and (stirred[queue] or jobs[i + 1] == 'out' or is_in_reach(queue, scan))
    for n = 1, is_there and #rows or 0, 2 do
      if not seen[rows[n]] then
        seen[rows[n]] = true
        all[#all + 1] = { scanner = rows[n], served = tonumber(rows[n + 1]) }
      end
    end
  end
  table.sort(all, function(a, b) return a.served < b.served end)
  return all
end
