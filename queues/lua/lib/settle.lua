-- include: text
-- include: scan
-- include: set_status
-- settle(id, now): after a lease ended: the scan ends when nothing is open and nothing in flight, and
-- comes to rest when it was pausing or canceling and nothing is in flight.
local function settle(id, now)
  local scan = scan_of(id)
  if scan.in_flight + 0 ~= 0 then
    return
  end
  local is_over, failed = tonumber(scan.open) == 0, tonumber(scan.failed)
  if scan.status == 'canceling' then
    set_status(id, scan.status, 'canceled', 'canceled by an operator', now)
  elseif is_over and failed == 0 then
    local left_out = tonumber(scan.done) == 0 and 'all of it is excluded' or 'what was not excluded is done'
    local is_all = tonumber(scan.excluded) == 0
    set_status(id, scan.status, 'completed', is_all and 'every address is done' or left_out, now)
  elseif is_over then
    set_status(id, scan.status, 'failed', text(failed) .. (failed == 1 and ' address' or ' addresses') .. ' failed', now)
  elseif scan.status == 'pausing' then
    set_status(id, scan.status, 'paused', 'paused by an operator', now)
  end
end
