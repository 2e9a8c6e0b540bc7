-- include: keys
-- include: budget
-- include: subnets
-- include: open_list
-- include: scan
-- include: site
-- include: return_jobs
local BACK_AT_MOST, LOOKED_AT_MOST_BLOCKED = 16, 100

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

-- is_from_before(scan, moved): whether it was cut before the subnet was moved (in which version of the rules, if ever).
local function is_from_before(scan, moved)
  local rules = moved and tonumber(rules_of(scan_of(scan))) or -1 -- as reopen says of what is to be cut anew anyhow
  return rules >= 0 and rules < tonumber(moved)
end

-- wake(least): what waited for subnets that have room again comes back, and what waits for one that was moved, to be cut
-- anew: at most 16 intervals.
local function wake(least)
  local left = BACK_AT_MOST
  for _, subnet in ipairs(redis.call('ZRANGE', key('freed'), 0, BACK_AT_MOST - 1)) do
    local budget = subnets_of(subnet, {})[1]
    local has_room = not budget or room_of(budget) >= least_of(budget, least)
    local moved = redis.call('HGET', key('subnet', subnet), 'moved')
    for _, scan in ipairs(redis.call('ZRANGE', key('subnet', subnet, 'blocked'), 0, LOOKED_AT_MOST_BLOCKED - 1)) do
      if left > 0 and (has_room or is_from_before(scan, moved)) then
        left = left - bring_back(scan, subnet, left)
      end
    end
    if left > 0 then
      redis.call('ZREM', key('freed'), subnet)
    end
  end
end
