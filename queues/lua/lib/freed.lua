-- include: keys
-- include: rouse
-- look_again_at(subnet): what waits for its budget is to come back as far as there is room; the next claim sees
-- to that.
local function look_again_at(subnet)
  local scan = redis.call('ZRANGE', key('subnet', subnet, 'blocked'), 0, 0)[1]
  if not scan then
    return
  end
  redis.call('ZADD', key('freed'), subnet, subnet)
  for _, queue in ipairs(redis.call('HKEYS', key('scan', scan, 'jobs'))) do
    stir(queue, scan)
  end
end
