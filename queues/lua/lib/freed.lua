-- include: keys
-- include: rouse
local BROUGHT_BACK = 16 -- intervals, by one claim at most

-- look_again_at(subnet): what waits for its budget is to come back as far as there is room; the next claim sees
-- to that. Of those that wait for it as many are called as intervals come back.
local function look_again_at(subnet)
  local scans = redis.call('ZRANGE', key('subnet', subnet, 'blocked'), 0, BROUGHT_BACK - 1)
  if #scans > 0 then
    redis.call('ZADD', key('freed'), subnet, subnet)
  end
  for _, scan in ipairs(scans) do
    stir(scan, math.ceil(BROUGHT_BACK / #scans))
  end
end
