-- include: keys
-- include: text
-- include: task
-- include: take_back
local AWAY_MS = 30000

-- has_grace(now): whether leases were lengthened, and nothing is to be judged by the time that passed.
local function has_grace(now)
  return now < tonumber(redis.call('HGET', SITE, 'grace') or '0')
end

-- sweep(now, lease_ms, most): takes back up to `most` leases that ran out; returns how many. Where no
-- sweep ran for 30 s (the store was away), every lease first gets lease_ms more; sweeps that always come
-- late do not lengthen what was just lengthened.
local function sweep(now, lease_ms, most)
  local site = redis.call('HMGET', SITE, 'swept', 'grace')
  local swept, grace = tonumber(site[1] or now), tonumber(site[2] or '0')
  if now - swept > AWAY_MS and now >= grace + AWAY_MS then
    grace = now + lease_ms
    redis.call('HSET', SITE, 'grace', text(grace))
  end
  redis.call('HSET', SITE, 'swept', text(now))
  if has_grace(now) then
    return 0
  end
  local due = redis.call('ZRANGEBYSCORE', key('leases'), '-inf', text(now), 'LIMIT', 0, most)
  for _, id in ipairs(due) do
    take_back(load_task(id), now)
  end
  return #due
end
