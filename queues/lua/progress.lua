-- A scanner reports how far a task is.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] version of its record   ARGV[4] task   ARGV[5] attempt or ''
-- ARGV[6] lease_ms   ARGV[7] stall_ms   ARGV[8] progressCount   ARGV[9] resultCount
-- Returns {'ok', control, rate or '', scan or ''} | {'stale'} | {'not_found'} | {'not_owned'} | {'lease_lost'}
--   | {'ended'} | {'not_started'}; the scan where the site's rules have changed since it was cut, and with them
--   perhaps the word
-- Guarantees: the lease is renewed; nothing else of the task changes.
-- include: clock
-- include: scanner
-- include: touch
-- include: fence
-- include: task
-- include: note_progress
-- include: control
-- include: write_back
local now, scanner = clock(ARGV[1]), ARGV[2]
if is_stale(scanner, ARGV[3]) then
  return { 'stale' }
end
local task = load_task(ARGV[4])
local word = task and fence(task, scanner, ARGV[5]) or 'not_found'
if word == 'ok' and task.status == 'claimed' then
  word = 'not_started'
end
if word ~= 'ok' then
  return { word }
end
touch(scanner, now)
note_progress(task, ARGV[8], now, tonumber(ARGV[7]))
set(task, 'results', ARGV[9])
renew(task, now, tonumber(ARGV[6]))
local said, outdated = control(task)
write_back()
return { 'ok', said, task.rate, outdated and task.scan or '' }
