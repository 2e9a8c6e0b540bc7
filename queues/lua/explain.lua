-- Says why a scan waits.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] how many scanners to look at, at most
-- ARGV[4] least probes per second that are granted
-- Returns {code, the limit in the way or ''} with code '' where it does not wait: it has ended, or nothing
--   of it is open, or tasks are out and budgets have room for more
-- Guarantees: writes nothing; decides by the same steps as a claim.
-- flag: no-writes
-- include: clock
-- include: text
-- include: reason
-- is_to_come_back(scan, subnet): whether it waits for a subnet that was moved, and was not looked at since.
local function is_to_come_back(scan, subnet)
  local moved = redis.call('HGET', key('subnet', subnet), 'moved')
  return moved and tonumber(redis.call('ZSCORE', key('subnet', subnet, 'blocked'), scan)) > tonumber(moved)
end

-- blocked_by(id, least): the subnet whose budget all that is open of a scan waits for, or nil; and whether
-- that has room again or was moved, so that the next claim brings it back.
local function blocked_by(id, least)
  local first = redis.call('ZRANGE', key('scan', id, 'blocked'), 0, 0, 'WITHSCORES')
  if not first[1] or has_open(id) then
    return nil, false
  end
  local budget = subnets_of(text(tonumber(first[2])), {})[1]
  local spent = budget and room_of(budget) < least_of(budget, least) and not is_to_come_back(id, budget.id)
  return spent and budget.name or nil, not spent
end

local now, id, asked = clock(ARGV[1]), ARGV[2], { left = tonumber(ARGV[3]), least_rate = tonumber(ARGV[4]) }
local s = scan_of(id)
if s.status == 'paused' or s.status == 'pausing' then
  return { 'PAUSED', '' }
end
if not s.open or s.open == '0' then
  return { '', '' }
end
local limit, returns = blocked_by(id, asked.least_rate)
limit = s.spent and 'scan' or limit
if s.in_flight ~= '0' then
  return { limit and 'BUDGET_SPENT' or '', limit or '' }
end
local RANK = { NO_SCANNER_ONLINE = 1, NO_SCANNER_WITH_ENGINE = 2, SCANNERS_BACKING_OFF = 3,
  GROUP_AT_JOB_CAPACITY = 4, SCANNERS_FULL = 5, BEHIND_OTHER_SCANS = 6, BUDGET_SPENT = 7, AWAITING_CLAIM = 8 }
local best, by = 'NO_SCANNER_ONLINE', nil
local scan = { id = id, engine = s.engine, limit = limit, returns = returns }
local jobs = redis.call('HGETALL', key('scan', id, 'jobs'))
for i = 1, #jobs, 2 do
  local found, which = reason({ queue = jobs[i], place = jobs[i + 1] }, scan, now, asked)
  if RANK[found] > RANK[best] then
    best, by = found, which
  end
end
return { best, by or '' }
