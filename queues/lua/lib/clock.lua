-- include: text
-- clock(given): milliseconds since 1970 by the server's clock, or what a test gave.
local function clock(given)
  local now = tonumber(given)
  if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  note_now(now)
  return now
end
