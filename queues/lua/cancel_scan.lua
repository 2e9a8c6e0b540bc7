-- Cancels a scan.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] reason
-- Returns {'ok'} | {'not_found'} | {'ended', status}
-- Guarantees: what is open is dropped at once; what is in flight stays its holder's, who is told to stop;
-- repeating it is harmless.
-- flag: allow-oom
-- include: clock
-- include: open_list
-- include: set_status
-- include: settle
-- include: write_back
-- include: records
local now, scan = clock(ARGV[1]), scan_of(ARGV[2])
local status = scan.status
if not status then
  return { 'not_found' }
end
if status == 'canceling' or status == 'canceled' then
  return { 'ok' }
end
if status == 'completed' or status == 'failed' then
  return { 'ended', status }
end
withdraw(ARGV[2])
drop_open(ARGV[2])
redis.call('DEL', key('scan', ARGV[2], 'blocked'))
add(scan, 'dropped', scan.open)
set(scan, 'open', 0)
set_status(ARGV[2], status, 'canceling', ARGV[3], now)
settle(ARGV[2], now)
write_back()
return { 'ok' }
