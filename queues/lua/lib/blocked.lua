-- include: keys
-- include: budget
-- include: subnets
-- include: open_list
-- include: return_jobs
local BACK_AT_MOST = 16

-- set_aside(entry, row, subnet): an open interval waits until there is room in a subnet's budget.
local function set_aside(entry, row, subnet)
  redis.call('ZADD', key('scan', row.scan, 'blocked'), subnet, entry)
  redis.call('ZADD', key('subnet', subnet, 'blocked'), row.receipt, row.scan)
end

-- bring_back(scan, subnet, most): its intervals that wait for the subnet are in front of its open list
-- again, in their order; answers how many, but one at least: it looked at the scan.
local function bring_back(scan, subnet, most)
  local blocked, was_empty = key('scan', scan, 'blocked'), not has_open(scan)
  local entries = redis.call('ZRANGEBYSCORE', blocked, subnet, subnet, 'LIMIT', 0, most)
  for i = #entries, 1, -1 do
    redis.call('ZREM', blocked, entries[i])
    push_open(scan, entries[i])
  end
  if #entries > 0 and was_empty then
    return_jobs(scan)
  end
  if #entries < most or redis.call('ZCOUNT', blocked, subnet, subnet) == 0 then
    redis.call('ZREM', key('subnet', subnet, 'blocked'), scan)
  end
  return math.max(1, #entries)
end

-- wake(least): what waited for subnets that have room again comes back, at most 16 intervals.
local function wake(least)
  local left = BACK_AT_MOST
  for _, subnet in ipairs(redis.call('ZRANGE', key('freed'), 0, BACK_AT_MOST - 1)) do
    local budget = subnets_of(subnet, {})[1]
    local blocked = key('subnet', subnet, 'blocked')
    local scan = redis.call('ZRANGE', blocked, 0, 0)[1]
    while left > 0 and scan and (not budget or room_of(budget) >= least_of(budget, least)) do
      left = left - bring_back(scan, subnet, left)
      scan = redis.call('ZRANGE', blocked, 0, 0)[1]
    end
    if left > 0 then
      redis.call('ZREM', key('freed'), subnet)
    end
  end
end
