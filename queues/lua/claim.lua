-- Hands out tasks to a scanner.
-- KEYS[1] the site
-- ARGV[1] now, '' for the server's clock   ARGV[2] scanner   ARGV[3] version of its record
-- ARGV[4] how many at most   ARGV[5] digest of the request's id, or ''
-- ARGV[6] claim_ms   ARGV[7] '1' where a sweep was made just now   ARGV[8] task_seconds
-- ARGV[9] default probes per second   ARGV[10] least probes per second that are granted
-- ARGV[11] for how many ms it waits where nothing is found, '0' not at all   ARGV[12] in which process
-- Returns {'ok', ms until the scanner should ask again, task…} (a task as lib/describe.lua says) | {'stale'};
--   -1 ms where nothing was found yet and more waits to be looked at: ask again at once
--   | {'sweep'} where leases ran out: sweep, then ask again
--   | {'recut', scan} where the site's rules have changed since the scan was cut: cut it anew, then ask again
-- Guarantees: capacities are never passed; a task that this request got before and that was not started
-- is handed out again to the same request, and then nothing new; each address is in one task; what is
-- granted of a budget is never more than its limit.
-- include: clock
-- include: scanner
-- include: touch
-- include: claim_tasks
-- include: polls
-- include: write_back
local now, scanner = clock(ARGV[1]), ARGV[2]
if scanner_of(scanner).auth ~= ARGV[3] then
  return { 'stale' }
end
touch(scanner, now)
local claimed = claim_tasks(scanner, { limit = tonumber(ARGV[4]), request = ARGV[5], claim_ms = ARGV[6],
  swept = ARGV[7] == '1', task_seconds = ARGV[8], default_rate = tonumber(ARGV[9]),
  least_rate = ARGV[10] }, now)
write_back() -- whom it calls waited before
if claimed[2] == '0' and not claimed[3] and ARGV[11] ~= '0' then
  begin_wait(scanner, ARGV[12], now + tonumber(ARGV[11]))
end
return claimed
