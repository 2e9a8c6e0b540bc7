-- include: keys
-- include: text
-- include: budget
-- include: enroll
-- look_into(budget, scanner, now): reads once what is granted (all, to this scanner), and among how many
-- scanners it is shared: holders, waiters and this one.
local function look_into(budget, scanner, now)
  local grants, waiters = key(budget.kind, budget.id, 'grants'), key(budget.kind, budget.id, 'waiters')
  local found = redis.call('HMGET', grants, 'all', scanner)
  budget.all, budget.mine = tonumber(found[1] or '0'), tonumber(found[2] or '0')
  local holders = found[1] and redis.call('HLEN', grants) - 1 or 0
  local since = not found[2] and redis.call('ZSCORE', waiters, scanner)
  local counted = found[2] or (since and tonumber(since) > now - WAITS_MS)
  budget.sharers = holders + redis.call('ZCOUNT', waiters, '(' .. text(now - WAITS_MS), '+inf') + (counted and 0 or 1)
end

-- is_its_turn(budget, scanner, least): whether there is room for this scanner after all who began to wait
-- before it.
local function is_its_turn(budget, scanner, least)
  local turns = key(budget.kind, budget.id, 'turns')
  local before = redis.call('ZRANK', turns, scanner) or redis.call('ZCARD', turns)
  return budget.limit - budget.all >= least * (before + 1)
end

-- share_of(budget, scanner, least, now): how much of it one scanner may hold: its part among all that hold or
-- want some. Where that is too little to be granted, some have the least, in turns, but for those that have gone.
local function share_of(budget, scanner, least, now)
  local part = math.floor(budget.limit / budget.sharers)
  if part >= least then
    return part
  end
  forget(budget.kind, budget.id, now)
  return is_its_turn(budget, scanner, least) and least or 0
end

-- offer(budget, scanner, least, now): how many probes per second of it this scanner may have; or nil and
-- 'spent' where nobody may, 'share' where others may.
local function offer(budget, scanner, least, now)
  if not budget.all then
    look_into(budget, scanner, now)
  end
  local room, least_here = budget.limit - budget.all, least_of(budget, least)
  if room < least_here then
    return nil, 'spent'
  end
  local share = share_of(budget, scanner, least_here, now) - budget.mine
  if share < least_here then
    return nil, 'share'
  end
  return math.min(room, share)
end
