-- include: text
-- include: site
-- include: records
-- new_id(now): an id never given before, by the clock in microseconds: a store that lost its last
-- second gives none twice.
local function new_id(now)
  local before = site().last_id or 0
  return text(add(site(), 'last_id', math.max(1, now * 1000 - before)))
end
