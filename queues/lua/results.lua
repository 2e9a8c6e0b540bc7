-- Stores a batch of results.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] version of its record   ARGV[4] task   ARGV[5] attempt
-- ARGV[6] lease_ms   ARGV[7] batch   ARGV[8] how many   ARGV[9] the results, a JSON array
-- Returns {'ok'} | {'repeated'} | {'gap', last batch} | {'stale'} | {'not_found'} | {'not_owned'}
--   | {'lease_lost'} | {'not_started'}
-- Guarantees: a batch of an attempt is stored once, and only from whom that attempt was given to; those of
-- a lost or ended attempt are kept, marked late.
-- include: clock
-- include: scanner
-- include: touch
-- include: fence
-- include: task
-- include: keep_results
-- include: renew
-- include: write_back
local now, scanner, id, attempt = clock(ARGV[1]), ARGV[2], ARGV[4], ARGV[5]
if is_stale(scanner, ARGV[3]) then
  return { 'stale' }
end
local task = load_task(id)
local word = task and fence(task, scanner, attempt) or 'not_found'
if word == 'ok' and task.status == 'claimed' then
  word = 'not_started'
end
local found = { scanner = scanner, attempt = attempt, batch = tonumber(ARGV[7]), count = ARGV[8], rows = ARGV[9] }
local verdict, last = judge_results(task, scanner, attempt, word, found.batch)
if verdict ~= 'ok' and verdict ~= 'repeated' then
  return { verdict, last }
end
touch(scanner, now)
if verdict == 'ok' then
  keep_results(task, found, word ~= 'ok', now)
end
if word == 'ok' then
  renew(task, now, tonumber(ARGV[6]))
end
write_back()
return { word == 'lease_lost' and word or verdict }
