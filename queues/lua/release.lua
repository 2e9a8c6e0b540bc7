-- A scanner gives a task back.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] version of its record   ARGV[4] task   ARGV[5] attempt or ''
-- ARGV[6] how many addresses, from the first on, are done
-- Returns {'ok'} | {'stale'} | {'not_found'} | {'not_owned'} | {'lease_lost'} | {'ended'}
--   | {'not_started'} for addresses done before the start | {'too_many', addresses of the task}
-- Guarantees: the lease and its capacity end once; no strike is counted; repeating it is harmless as long
-- as nobody else was given the task.
-- flag: allow-oom
-- include: clock
-- include: text
-- include: scanner
-- include: touch
-- include: fence
-- include: task
-- include: give_back
-- include: write_back
local now, scanner, done = clock(ARGV[1]), ARGV[2], tonumber(ARGV[6])
if is_stale(scanner, ARGV[3]) then
  return { 'stale' }
end
local task = load_task(ARGV[4])
local word = task and fence(task, scanner, ARGV[5]) or 'not_found'
if task and is_of(task, scanner, ARGV[5]) and last_word(task) == 'released' then
  return { 'ok' }
end
if word == 'ok' and done > 0 and task.status == 'claimed' then
  word = 'not_started'
end
if word == 'ok' and done > task.size then
  return { 'too_many', text(task.size) }
end
if word ~= 'ok' then
  return { word }
end
give_back(task, done, now)
touch(scanner, now)
write_back()
return { 'ok' }
