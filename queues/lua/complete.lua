-- A scanner's final word on a task.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] version of its record   ARGV[4] task   ARGV[5] attempt or ''
-- ARGV[6] completed | failed   ARGV[7] resultCount or ''   ARGV[8] error message or ''
-- Returns {'ok'} | {'stale'} | {'not_found'} | {'not_owned'} | {'lease_lost'} | {'not_started'} | {'ended'}
-- Guarantees: the lease and its capacity end once; repeating the same outcome is harmless, another one
-- after it is 'ended'; the scan ends with its last task.
-- flag: allow-oom
-- include: clock
-- include: scanner
-- include: touch
-- include: fence
-- include: task
-- include: end_tasks
-- include: back_off
-- include: write_back
local now, scanner, status = clock(ARGV[1]), ARGV[2], ARGV[6]
if is_stale(scanner, ARGV[3]) then
  return { 'stale' }
end
local task = load_task(ARGV[4])
local word = task and fence(task, scanner, ARGV[5]) or 'not_found'
if task and is_of(task, scanner, ARGV[5]) and last_word(task) == status then
  return { 'ok' }
end
if word == 'ok' and task.status == 'claimed' then
  word = 'not_started'
end
if word ~= 'ok' then
  return { word }
end
end_tasks({ task }, status, ARGV[8], now)
touch(scanner, now)
if ARGV[7] ~= '' then
  set(task, 'results', ARGV[7])
end
back_off(scanner, task, status == 'failed', now)
write_back()
return { 'ok' }
