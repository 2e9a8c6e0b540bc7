-- Says which parked polls of a process are to claim again, though it may have heard no call for them.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] process   ARGV[3…] scanners that are listed there, as far as it knows
-- Returns {'ok', scanner…}: those that are not listed there any more; all while a scan is on, since calls look at the
--   first of those that wait only; the first of all where leases ran out, as its claim sweeps
-- Guarantees: writes nothing.
-- flag: no-writes
-- include: keys
-- include: clock
-- include: sweep_due
local answer = { 'ok' }
local is_on = redis.call('EXISTS', key('scans', 'pending'), key('scans', 'running')) > 0
local overdue = #due_leases(clock(ARGV[1]), 1) > 0
for i = 3, #ARGV do
  if is_on or (overdue and i == 3) or redis.call('HGET', key('scanner', ARGV[i]), 'poll') ~= ARGV[2] then
    answer[#answer + 1] = ARGV[i]
  end
end
return answer
