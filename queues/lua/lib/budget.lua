-- include: keys
local WAITS_MS = 30000

-- A budget is { kind = 'scan' | 'subnet', id, limit, name }, the limit in whole probes per second.
-- least_of(budget, least): below how much of it nothing is granted: a limit may itself be less.
local function least_of(budget, least)
  return math.min(least, budget.limit)
end

-- room_of(budget): what is granted to nobody.
local function room_of(budget)
  return budget.limit - (redis.call('HGET', key(budget.kind, budget.id, 'grants'), 'all') or 0)
end
