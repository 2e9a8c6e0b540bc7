-- include: keys
-- include: scan
-- include: stir_queue
-- withdraw(scan): it has nothing to hand out for now; its jobs leave ready, closed and parked.
local function withdraw(scan)
  local engine = scan_of(scan).engine
  for _, queue in ipairs(redis.call('HKEYS', key('scan', scan, 'jobs'))) do
    if redis.call('ZREM', key('queue', queue, 'ready'), scan) == 1 then
      stir_next(queue)
    end
    redis.call('ZREM', key('queue', queue, 'closed'), scan)
    redis.call('ZREM', key('queue', queue, 'parked', engine), scan)
  end
end
