-- include: begin
-- include: text
-- include: site
-- include: write_back
-- new_id(now): an id never given before, by the clock in microseconds: a store that lost its last
-- second gives none twice.
local function new_id(now)
  CALL.last_id = math.max((CALL.last_id or site().last_id or 0) + 1, now * 1000)
  return text(CALL.last_id)
end

WRITERS[#WRITERS + 1] = function()
  if CALL.last_id then
    redis.call('HSET', SITE, 'last_id', CALL.last_id)
  end
end
