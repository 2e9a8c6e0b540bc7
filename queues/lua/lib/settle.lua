-- include: keys
-- include: set_status
-- settle(scan, now): after a lease ended: the scan ends when nothing is open and nothing in flight, and
-- comes to rest when it was pausing or canceling and nothing is in flight.
local function settle(scan, now)
  local s = redis.call('HMGET', key('scan', scan), 'status', 'open', 'in_flight', 'failed', 'excluded', 'done')
  if s[3] ~= '0' then
    return
  end
  if s[1] == 'canceling' then
    set_status(scan, s[1], 'canceled', 'canceled by an operator', now)
  elseif s[2] == '0' and s[4] == '0' then
    local left_out = s[6] == '0' and 'all of it is excluded' or 'what was not excluded is done'
    set_status(scan, s[1], 'completed', s[5] == '0' and 'every address is done' or left_out, now)
  elseif s[2] == '0' then
    set_status(scan, s[1], 'failed', s[4] .. (s[4] == '1' and ' address' or ' addresses') .. ' failed', now)
  elseif s[1] == 'pausing' then
    set_status(scan, s[1], 'paused', 'paused by an operator', now)
  end
end
