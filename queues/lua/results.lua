-- Stores a batch of results.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] version of its record   ARGV[4] task   ARGV[5] attempt
-- ARGV[6] lease_ms   ARGV[7] batch   ARGV[8] how many   ARGV[9] the results, a JSON array
-- Returns {'ok'} | {'repeated'} | {'gap', last batch} | {'stale'} | {'not_found'} | {'not_owned'}
--   | {'lease_lost'} | {'not_started'}
-- Guarantees: a batch of an attempt is stored once, and only from whom that attempt was given to; those of
-- a lost or ended attempt are kept, marked late.
-- include: clock
-- include: is_stale
-- include: touch
-- include: task
-- include: renew
local now, scanner, id, attempt = clock(ARGV[1]), ARGV[2], ARGV[4], ARGV[5]
if is_stale(scanner, ARGV[3]) then
  return { 'stale' }
end
local task = load_task(id)
local word = task and fence(task, scanner, attempt) or 'not_found'
if word == 'ok' and task.status == 'claimed' then
  word = 'not_started'
end
if word == 'not_found' or word == 'not_owned' or word == 'not_started' then
  return { word }
end
if not was_given(task, scanner, attempt) then
  return { 'lease_lost' }
end
local batch, counter = tonumber(ARGV[7]), 'batch:' .. attempt
local last = tonumber(redis.call('HGET', key('task', id), counter) or '0')
if batch > last + 1 then
  return { 'gap', text(last) }
end

touch(scanner, now)
if batch > last then
  redis.call('XADD', key('scan', task.scan, 'results'), '*', 'task', id, 'scanner', scanner, 'attempt', attempt,
    'late', word == 'ok' and '' or '1', 'at', text(now), 'count', ARGV[8], 'rows', ARGV[9])
  redis.call('HINCRBY', key('scan', task.scan), 'results', ARGV[8])
  redis.call('HSET', key('task', id), counter, text(batch))
end
if word == 'lease_lost' then
  return { word }
end
if word == 'ok' then
  renew(task, now, tonumber(ARGV[6]))
end
return { batch > last and 'ok' or 'repeated' }
