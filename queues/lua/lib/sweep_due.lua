-- include: keys
-- include: site
-- include: records
local AWAY_MS = 30000
local LOOK_MS = 1000 -- between two looks

-- was_away(now): whether no sweep ran for 30 s: the store was away, and leases are first to be lengthened.
-- Sweeps that always come late do not lengthen what was just lengthened.
local function was_away(now)
  return now - (site().swept or now) > AWAY_MS and now >= (site().grace or 0) + AWAY_MS
end

-- has_grace(now): whether leases were lengthened, and nothing is to be judged by the time that passed.
local function has_grace(now)
  return now < tonumber(site().grace or '0')
end

-- due_leases(now, most): the tasks of leases that ran out.
local function due_leases(now, most)
  return redis.call('ZRANGEBYSCORE', key('leases'), '-inf', now, 'LIMIT', 0, most)
end

-- is_sweep_due(now): whether a sweep has something to do, which is looked at once a second; where it has not, this was one.
local function is_sweep_due(now)
  local swept = site().swept
  if swept and math.abs(now - swept) < LOOK_MS then
    return false
  elseif was_away(now) or (not has_grace(now) and #due_leases(now, 1) > 0) then
    return true
  end
  set(site(), 'swept', now)
  return false
end
