-- include: keys
-- include: able
-- include: queue
-- include: place
local READ_AT_MOST_PARKED = 100

-- unpark(queue, engines, quota): scans whose engine has come back online are ready again in their old
-- place, whether there is room or not.
local function unpark(queue, engines, quota)
  for _, engine in ipairs(redis.call('SMEMBERS', key('queue', queue, 'parked'))) do
    local parked = key('queue', queue, 'parked', engine)
    local most = is_able(engines, engine) and quota.moves or 0
    for _, scan in ipairs(most > 0 and redis.call('ZRANGE', parked, 0, most - 1) or {}) do
      redis.call('ZREM', parked, scan)
      quota.moves = quota.moves - 1
      place(queue, scan)
    end
    if redis.call('EXISTS', parked) == 0 then
      redis.call('SREM', key('queue', queue, 'parked'), engine)
    end
  end
end

-- park(queue): an engine went offline; ready scans that nobody can do now make room.
local function park(queue)
  local ready = key('queue', queue, 'ready')
  local scans = redis.call('ZRANGE', ready, 0, READ_AT_MOST_PARKED - 1)
  for _, scan in ipairs(scans) do
    redis.call('ZREM', ready, scan)
    place(queue, scan)
  end
  if #scans < READ_AT_MOST_PARKED then
    redis.call('DEL', key('queue', queue, 'lost'))
  end
end

-- promote(queue, engines, quota): jobs go in order from the waiting list to ready while the queue's job
-- capacity has room. engines are those of the scanner that claims (able). quota.moves is how many
-- may still be moved by this script, over all its queues.
local function promote(queue, engines, quota)
  local q = queue_of(queue)
  if q.retired then
    return
  end
  if redis.call('EXISTS', key('queue', queue, 'lost')) == 1 then
    park(queue)
  end
  unpark(queue, engines, quota)
  local room = tonumber(read(q, { 'cap' }).cap) - redis.call('ZCARD', key('queue', queue, 'ready'))
  while room > 0 and quota.moves > 0 do
    local scan = redis.call('LPOP', key('queue', queue, 'waiting'))
    if not scan then
      return
    end
    quota.moves = quota.moves - 1
    if redis.call('HEXISTS', key('scan', scan, 'jobs'), queue) == 1 then
      redis.call('HSET', key('scan', scan, 'jobs'), queue, 'out')
      room = room - (place(queue, scan) and 1 or 0)
    end
  end
end
