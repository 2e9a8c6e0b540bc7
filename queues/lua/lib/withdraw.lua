-- include: keys
-- withdraw(scan): it has nothing to hand out for now; its jobs leave ready, closed and parked.
local function withdraw(scan)
  local engine = redis.call('HGET', key('scan', scan), 'engine')
  for _, queue in ipairs(redis.call('HKEYS', key('scan', scan, 'jobs'))) do
    redis.call('ZREM', key('queue', queue, 'ready'), scan)
    redis.call('ZREM', key('queue', queue, 'closed'), scan)
    redis.call('ZREM', key('queue', queue, 'parked', engine), scan)
  end
end
