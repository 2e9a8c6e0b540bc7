-- A scanner says that it lives, what it is, and which tasks it works on.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] version of its record   ARGV[4] lease_ms
-- ARGV[5] version   ARGV[6] boot id   ARGV[7] engines, comma-separated   ARGV[8] processors
-- ARGV[9] memory in bytes   ARGV[10] load (5 to 10: '' where not said)
-- ARGV[11…] task, attempt or '', alternating; at most 100 tasks
-- Returns {'ok', drain, scans, task, control, …} with those tasks that are not to go on | {'stale'}; scans
--   (comma-separated) are those for which the site's rules have changed since they were cut
-- Guarantees: renews the leases of the listed tasks that are running and this scanner's, and no other.
-- include: clock
-- include: scanner
-- include: touch
-- include: facts
-- include: fence
-- include: task
-- include: renew
-- include: control
-- include: write_back
local now, scanner = clock(ARGV[1]), ARGV[2]
if is_stale(scanner, ARGV[3]) then
  return { 'stale' }
end
note_facts(scanner, { version = ARGV[5], boot = ARGV[6], engines = ARGV[7], cpus = ARGV[8], memory = ARGV[9],
  load = ARGV[10] }, now)
touch(scanner, now)
local me = scanner_of(scanner)
local reply, outdated = { 'ok', (me.drain == '1' or me.retired) and '1' or '0', '' }, {}
for i = 11, #ARGV, 2 do
  local task, word, old = load_task(ARGV[i]), 'lease_lost', false
  if task and fence(task, scanner, ARGV[i + 1]) == 'ok' then
    word, old = control(task)
    if task.status == 'running' then
      renew(task, now, tonumber(ARGV[4]))
    end
  end
  if word ~= 'continue' then
    reply[#reply + 1] = ARGV[i]
    reply[#reply + 1] = word
  end
  outdated[#outdated + 1] = old and task.scan or nil
end
reply[3] = table.concat(outdated, ',')
write_back()
return reply
