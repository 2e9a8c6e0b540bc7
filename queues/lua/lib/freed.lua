-- include: keys
-- include: rouse
local STIRRED_AT_MOST = 16 -- as many as one claim brings back

-- look_again_at(subnet): what waits for its budget is to come back as far as there is room; the next claim sees
-- to that.
local function look_again_at(subnet)
  local scans = redis.call('ZRANGE', key('subnet', subnet, 'blocked'), 0, STIRRED_AT_MOST - 1)
  if #scans > 0 then
    redis.call('ZADD', key('freed'), subnet, subnet)
  end
  for _, scan in ipairs(scans) do
    stir(scan)
  end
end
