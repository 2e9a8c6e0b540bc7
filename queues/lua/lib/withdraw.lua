-- include: keys
-- include: scan
-- include: reach
-- include: rouse
-- withdraw(scan): it has nothing to hand out for now; its jobs leave ready, closed and parked. It makes room, also
-- where it was yet to come: what is open of it counts as before this call, when it was to take a place.
local function withdraw(scan)
  local s, jobs = scan_of(scan), redis.call('HGETALL', key('scan', scan, 'jobs'))
  for i = 1, #jobs, 2 do
    local queue = jobs[i]
    local made_room = jobs[i + 1] == 'listed' and tonumber(s.open) > 0 and is_in_reach(queue, scan)
    if jobs[i + 1] == 'out' then
      made_room = redis.call('ZREM', key('queue', queue, 'ready'), scan) == 1
      redis.call('ZREM', key('queue', queue, 'closed'), scan)
      redis.call('ZREM', key('queue', queue, 'parked', s.engine), scan)
    end
    if made_room then
      stir_queue(queue, 1)
    end
  end
end
