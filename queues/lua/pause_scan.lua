-- Pauses a scan.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] reason
-- Returns {'ok'} | {'not_found'} | {'ended'} | {'not_possible', status}
-- Guarantees: nothing more of it is handed out; what is in flight stays its holder's, who is told to
-- pause; it keeps its place in its queues; repeating it is harmless.
-- flag: allow-oom
-- include: clock
-- include: set_status
-- include: write_back
local now, status = clock(ARGV[1]), scan_of(ARGV[2]).status
if not status then
  return { 'not_found' }
elseif status == 'pausing' or status == 'paused' then
  return { 'ok' }
elseif status == 'canceling' then
  return { 'not_possible', status }
elseif status ~= 'pending' and status ~= 'running' then
  return { 'ended' }
end
withdraw(ARGV[2])
local out = scan_of(ARGV[2]).in_flight ~= '0'
set_status(ARGV[2], status, out and 'pausing' or 'paused', ARGV[3], now)
write_back()
return { 'ok' }
