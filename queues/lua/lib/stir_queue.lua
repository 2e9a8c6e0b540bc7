-- include: keys
-- include: queue
-- include: rouse
local LOOKED_AT_MOST_IN_QUEUE = 16

-- in_reach_of(queue): the waiting scans with something to hand out for which its job capacity has room, and how
-- many it has room for.
local function in_reach_of(queue)
  local room = tonumber(queue_of(queue).cap or '0') - redis.call('ZCARD', key('queue', queue, 'ready'))
  local scans = {}
  if room > 0 then
    for _, scan in ipairs(redis.call('LRANGE', key('queue', queue, 'waiting'), 0, LOOKED_AT_MOST_IN_QUEUE - 1)) do
      scans[#scans + 1] = #scans < room and tasks_in(scan) > 0 and scan or nil
    end
  end
  return scans, room
end

-- stir_new(queue, scan): a scan has come to the queue: those that wait on it may have some if it is in reach.
local function stir_new(queue, scan)
  for _, one in ipairs(in_reach_of(queue)) do
    if one == scan then
      stir(queue, scan)
    end
  end
end

-- stir_next(queue): there is room for one more: they may have the scan that has come in reach.
local function stir_next(queue)
  local scans, room = in_reach_of(queue)
  if scans[room] then
    stir(queue, scans[room])
  end
end

-- stir_queue(queue): they may have whatever is ready or in reach.
local function stir_queue(queue)
  for _, scan in ipairs(redis.call('ZRANGE', key('queue', queue, 'ready'), 0, LOOKED_AT_MOST_IN_QUEUE - 1)) do
    stir(queue, scan)
  end
  for _, scan in ipairs(in_reach_of(queue)) do
    stir(queue, scan)
  end
end
