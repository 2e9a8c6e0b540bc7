-- include: keys
-- include: text
-- include: site
-- new_id(now): an id never given before, by the clock in microseconds: a store that lost its last
-- second gives none twice.
local function new_id(now)
  local id = math.max((site().last_id or 0) + 1, now * 1000)
  set(site(), 'last_id', id)
  return text(id)
end
