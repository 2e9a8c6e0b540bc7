-- Looks at running scans that do not move.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] stall_ms   ARGV[3] the scan after which to go on, or '0'   ARGV[4] how many at most
-- Returns {'ok', the last scan looked at, or ''}
-- Guarantees: scan-stuck is up while nothing is left of a running scan, scan-stalled while nothing of it
-- moves for stall_ms.
-- flag: allow-oom
-- include: clock
-- include: text
-- include: alarm
-- include: sweep_due
-- include: write_back
-- include: known
local now, stall_ms = clock(ARGV[1]), tonumber(ARGV[2])
if has_grace(now) then
  return { 'ok', '' }
end
local scans = redis.call('ZRANGEBYSCORE', key('scans', 'running'), '(' .. ARGV[3], '+inf', 'LIMIT', 0, tonumber(ARGV[4]))
for _, scan in ipairs(scans) do
  local s = read(record_of('scan', scan), { 'open', 'in_flight', 'active', 'since' })
  if s.open == '0' and s.in_flight == '0' then
    raise_alarm('scan-stuck', scan, 'All tasks of scan ' .. scan .. ' have ended, and it still runs.', now)
  elseif now - tonumber(s.active or s.since) > stall_ms then
    raise_alarm('scan-stalled', scan, 'Scan ' .. scan .. ' has not moved for ' .. text(stall_ms / 1000) .. ' s.', now)
  else
    clear_alarm('scan-stalled', scan, now)
  end
end
write_back()
return { 'ok', scans[#scans] or '' }
