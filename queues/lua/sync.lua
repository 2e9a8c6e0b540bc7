-- All that a scanner has to say in one call, and its next tasks.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] version of its record
-- ARGV[4] how many tasks it wants   ARGV[5] digest of the request's id, or ''   ARGV[6] claim_ms
-- ARGV[7] lease_ms   ARGV[8] stall_ms   ARGV[9] task_seconds   ARGV[10] default probes per second
-- ARGV[11] least probes per second that are granted
-- ARGV[12] version   ARGV[13] boot id   ARGV[14] engines, comma-separated   ARGV[15] processors
-- ARGV[16] memory in bytes   ARGV[17] load (12 to 17: '' where not said)
-- ARGV[18…] the reports, as lib/read_report.lua reads them
-- Returns {'ok', drain, scans, refusals, controls, claim…} | {'stale'}; drain '1' or '0'; scans (comma-separated)
--   for which the site's rules have changed since they were cut; refusals: task, word, what goes with it; controls: task,
--   word; claim as claim answers, 'none' where no task was wanted
-- Guarantees: reports are taken in their order, each whole or not at all, as by the script of its own; then tasks are
-- handed out as by a claim.
-- flag: allow-oom
-- include: clock
-- include: scanner
-- include: touch
-- include: facts
-- include: report
-- include: claim_tasks
-- include: write_back
local now, scanner, wanted = clock(ARGV[1]), ARGV[2], tonumber(ARGV[4])
if scanner_of(scanner).auth ~= ARGV[3] then
  return { 'stale' }
end
local refusals, controls, outdated = report_all(scanner, { first = 18, last = #ARGV,
  lease_ms = tonumber(ARGV[7]), stall_ms = tonumber(ARGV[8]) }, now)
if table.concat(ARGV, '', 12, 17) ~= '' then
  note_facts(scanner, { version = ARGV[12], boot = ARGV[13], engines = ARGV[14], cpus = ARGV[15], memory = ARGV[16],
    load = ARGV[17] }, now)
end
touch(scanner, now)

local me = scanner_of(scanner)
local reply = { 'ok', (me.drain == '1' or me.retired) and '1' or '0', table.concat(outdated, ','), refusals, controls,
  'none' }
if wanted > 0 then
  local claimed = claim_tasks(scanner, { limit = wanted, request = ARGV[5], claim_ms = ARGV[6],
    task_seconds = ARGV[9], default_rate = tonumber(ARGV[10]), least_rate = ARGV[11] }, now)
  for i = 1, #claimed do
    reply[5 + i] = claimed[i]
  end
end
write_back()
return reply
