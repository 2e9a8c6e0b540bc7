-- include: keys
-- include: place
local MOVED_AT_MOST = 16

-- unpark(queue, able): scans whose engine has come back online are ready again.
local function unpark(queue, able)
  for _, engine in ipairs(redis.call('SMEMBERS', key('queue', queue, 'parked'))) do
    local parked = key('queue', queue, 'parked', engine)
    if able(engine) then
      for _, scan in ipairs(redis.call('ZRANGE', parked, 0, MOVED_AT_MOST - 1)) do
        redis.call('ZREM', parked, scan)
        place(queue, scan)
      end
    end
    if redis.call('EXISTS', parked) == 0 then
      redis.call('SREM', key('queue', queue, 'parked'), engine)
    end
  end
end

-- park(queue): an engine went offline; ready scans that nobody can do now make room.
local function park(queue)
  local ready = key('queue', queue, 'ready')
  for _, scan in ipairs(redis.call('ZRANGE', ready, 0, 99)) do
    redis.call('ZREM', ready, scan)
    place(queue, scan)
  end
  redis.call('HDEL', key('queue', queue), 'lost')
end

-- promote(queue, able): jobs go in order from the waiting list to ready while the queue's job capacity
-- has room. able(engine) tells whether the scanner that claims has it.
local function promote(queue, able)
  local q = redis.call('HMGET', key('queue', queue), 'cap', 'lost', 'retired')
  if q[3] then
    return
  end
  unpark(queue, able)
  if q[2] then
    park(queue)
  end
  local room = tonumber(q[1]) - redis.call('ZCARD', key('queue', queue, 'ready'))
  for _ = 1, MOVED_AT_MOST do
    local scan = room > 0 and redis.call('LPOP', key('queue', queue, 'waiting'))
    if not scan then
      return
    end
    if redis.call('HEXISTS', key('scan', scan, 'jobs'), queue) == 1 then
      redis.call('HSET', key('scan', scan, 'jobs'), queue, 'out')
      room = room - (place(queue, scan) and 1 or 0)
    end
  end
end
