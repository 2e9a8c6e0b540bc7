-- include: text
-- clock(given): milliseconds since 1970 by the server's clock, or what a test gave; one moment for all of a call.
local function clock(given)
  if not NOW then
    local now = given ~= '' and tonumber(given)
    if not now then
      local time = redis.call('TIME')
      now = time[1] * 1000 + math.floor(time[2] / 1000)
    end
    note_now(now)
  end
  return NOW
end
