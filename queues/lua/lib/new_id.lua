-- include: keys
-- include: text
-- new_id(now): an id never given before, by the clock in microseconds: a store that lost its last
-- second gives none twice.
local function new_id(now)
  local last = tonumber(redis.call('HGET', SITE, 'last_id') or '0')
  local id = text(math.max(last + 1, now * 1000))
  redis.call('HSET', SITE, 'last_id', id)
  return id
end
