-- Puts a scan's open intervals in place as they are cut under the site's rules of now.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] version of the rules
-- ARGV[4] version that it had when it was read   ARGV[5] how often it had been cut anew
-- ARGV[6] how many intervals its open list had   ARGV[7] how many were blocked
-- ARGV[8] how many open addresses are excluded now   ARGV[9] how many open intervals
-- ARGV[10] how many excluded ones, in all   ARGV[11] how many tasks of which nothing is left
-- ARGV[12…] open intervals; index of the first address and text of each excluded one; tasks of which nothing is
--   left; then of each in flight: task, attempt, '1' if it is to be cancelled, '1' if what comes back of it is to
--   be cut anew, ids of its subnets and of those that are new to it
-- Returns {'ok'} | {'rules_changed'} where rules or scan are no longer what they were
-- Guarantees: an address stays where it was, or is excluded; a scan with nothing left ends.
-- include: clock
-- include: push
-- include: task
-- include: adopt
-- include: finish_task
-- include: settle
-- include: withdraw
-- include: return_jobs
local now, id, open = clock(ARGV[1]), ARGV[2], key('scan', ARGV[2], 'open')
local scan, blocked = key('scan', id), key('scan', id, 'blocked')
local s = redis.call('HMGET', scan, 'rules', 'cuts', 'status')
if (redis.call('HGET', SITE, 'rules') or '0') ~= ARGV[3] then
  return { 'rules_changed' }
end
if s[1] == ARGV[3] or (s[3] ~= 'pending' and s[3] ~= 'running') then
  return { 'ok' }
end
if (s[1] or '0') ~= ARGV[4] or (s[2] or '0') ~= ARGV[5] or text(redis.call('LLEN', open)) ~= ARGV[6]
  or text(redis.call('ZCARD', blocked)) ~= ARGV[7] then
  return { 'rules_changed' }
end

local excluded = 12 + tonumber(ARGV[9])
local ended = excluded + 2 * tonumber(ARGV[10])
local tasks = ended + tonumber(ARGV[11])
redis.call('DEL', open, blocked, key('scan', id, 'excluded'))
push('RPUSH', open, 12, excluded - 1)
push('ZADD', key('scan', id, 'excluded'), excluded, ended - 1)
if ARGV[8] ~= '0' then
  redis.call('HINCRBY', scan, 'open', '-' .. ARGV[8])
  redis.call('HINCRBY', scan, 'excluded', ARGV[8])
end
for i = ended, tasks - 1 do
  finish_task({ id = ARGV[i], scan = id }, 'canceled', now)
end
for i = tasks, #ARGV, 6 do
  local task = load_task(ARGV[i])
  if task and task.held and task.attempt == ARGV[i + 1] then
    adopt(task, { cancel = ARGV[i + 2], recut = ARGV[i + 3] }, ARGV[i + 4], ARGV[i + 5])
  end
end
redis.call('HSET', scan, 'rules', ARGV[3])
redis.call('HINCRBY', scan, 'cuts', 1)
withdraw(id)
return_jobs(id)
settle(id, now)
return { 'ok' }
