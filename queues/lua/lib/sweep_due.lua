-- include: keys
-- include: text
-- include: site
local AWAY_MS = 30000

-- was_away(now): whether no sweep ran for 30 s: the store was away, and leases are first to be lengthened.
-- Sweeps that always come late do not lengthen what was just lengthened.
local function was_away(now)
  return now - (site().swept or now) > AWAY_MS and now >= (site().grace or 0) + AWAY_MS
end

-- note_sweep(now): one was made; to the second is enough.
local function note_sweep(now)
  local before = site().swept
  if not before or now - before >= 1000 then
    set(site(), 'swept', now)
  end
end

-- has_grace(now): whether leases were lengthened, and nothing is to be judged by the time that passed.
local function has_grace(now)
  return now < tonumber(site().grace or '0')
end

-- due_leases(now, most): the tasks of leases that ran out.
local function due_leases(now, most)
  return redis.call('ZRANGEBYSCORE', key('leases'), '-inf', text(now), 'LIMIT', 0, most)
end

-- is_sweep_due(now): whether a sweep has something to do; where it has not, this was one.
local function is_sweep_due(now)
  if was_away(now) or (not has_grace(now) and #due_leases(now, 1) > 0) then
    return true
  end
  note_sweep(now)
  return false
end
