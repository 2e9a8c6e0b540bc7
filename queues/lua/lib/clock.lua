-- include: begin
-- clock(given): milliseconds since 1970 by the server's clock, or what a test gave; one moment for all of a call.
local function clock(given)
  if not CALL.now then
    CALL.now = given ~= '' and tonumber(given)
    if not CALL.now then
      local time = redis.call('TIME')
      CALL.now = time[1] * 1000 + math.floor(time[2] / 1000)
    end
  end
  return CALL.now
end
