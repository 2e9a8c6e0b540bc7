-- Resumes a paused scan.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] reason
-- Returns {'ok'} | {'not_found'} | {'ended'} | {'not_possible', status}
-- Guarantees: it is handed out again from its old place in its queues.
-- include: clock
-- include: set_status
-- include: return_jobs
-- include: rouse
-- include: write_back
local now, scan = clock(ARGV[1]), scan_of(ARGV[2])
local status, started = scan.status, scan.started
if not status then
  return { 'not_found' }
elseif status == 'completed' or status == 'failed' or status == 'canceled' then
  return { 'ended' }
elseif status ~= 'pausing' and status ~= 'paused' then
  return { 'not_possible', status }
end
set_status(ARGV[2], status, started and 'running' or 'pending', ARGV[3], now)
set(scan, 'active', now)
return_jobs(ARGV[2])
stir(ARGV[2]) -- also where budgets are for the next claim to look at
write_back()
return { 'ok' }
