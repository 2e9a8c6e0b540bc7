-- Puts a scan's open intervals in place as they are cut under the site's rules of now.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] version of the rules   ARGV[4] how often it was cut anew before
-- ARGV[5] how many intervals its open list had   ARGV[6] how many were blocked
-- ARGV[7] how many open intervals   ARGV[8] how many excluded ones
-- ARGV[9…] open intervals; first and last (exclusive) of each excluded one; task, attempt, '1' if it is to be
--   cancelled, '1' if what comes back of it is to be cut anew, ids of its subnets and of those that are new to it
-- Returns {'ok'} | {'rules_changed'} where rules or scan are no longer what they were
-- Guarantees: an address stays where it was, or is excluded; a scan with nothing left ends.
-- include: clock
-- include: push_open
-- include: cover
-- include: task
-- include: adopt
-- include: settle
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
if (s[2] or '0') ~= ARGV[4] or text(redis.call('LLEN', open)) ~= ARGV[5]
  or text(redis.call('ZCARD', blocked)) ~= ARGV[6] then
  return { 'rules_changed' }
end

local excluded = 9 + tonumber(ARGV[7])
local tasks = excluded + 2 * tonumber(ARGV[8])
redis.call('DEL', open, blocked)
push_open(id, 9, excluded - 1)
for i = excluded, tasks - 1, 2 do
  local first, last = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  redis.call('HINCRBY', scan, 'open', text(first - last))
  cover(id, 'excluded', first, last)
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
