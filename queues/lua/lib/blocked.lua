-- include: keys
-- include: budget
-- include: subnets
-- include: open_list
-- include: return_jobs
local BACK_AT_MOST = 16 -- in a claim

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

-- bring_back_moved(subnet, most): a subnet was moved, and what waits for it may not be in it any more: one interval of each
-- scan comes back, so that a claim meets the scan and cuts it anew. The subnet's record says up to which scan that is done.
local function bring_back_moved(subnet, most)
  local moved = redis.call('HGET', key('subnet', subnet), 'moved')
  if not moved then
    return 0
  end
  local blocked = key('subnet', subnet, 'blocked')
  local scans = redis.call('ZRANGEBYSCORE', blocked, '(' .. moved, '+inf', 'LIMIT', 0, most)
  if #scans < most then
    redis.call('HDEL', key('subnet', subnet), 'moved')
  else
    redis.call('HSET', key('subnet', subnet), 'moved', redis.call('ZSCORE', blocked, scans[most]))
  end
  for i = 1, #scans do
    bring_back(scans[i], subnet, 1)
  end
  return #scans
end

-- bring_back_all(subnet, most): there is room in it; answers how many intervals came back.
local function bring_back_all(subnet, most)
  local left = most
  for _, scan in ipairs(redis.call('ZRANGE', key('subnet', subnet, 'blocked'), 0, most - 1)) do
    left = left - (left > 0 and bring_back(scan, subnet, left) or 0)
  end
  return most - left
end

-- wake(least): what waited for subnets that have room again, or were moved, comes back: at most 16 intervals. Returns whether
-- there may be more.
local function wake(least)
  local left, freed = BACK_AT_MOST, redis.call('ZRANGE', key('freed'), 0, BACK_AT_MOST - 1)
  for _, subnet in ipairs(freed) do
    local budget = subnets_of(subnet, {})[1]
    left = left - bring_back_moved(subnet, left)
    if left > 0 and (not budget or room_of(budget) >= least_of(budget, least)) then
      left = left - bring_back_all(subnet, left)
    end
    if left == 0 then
      return true
    end
    redis.call('ZREM', key('freed'), subnet)
  end
  return #freed == BACK_AT_MOST
end
