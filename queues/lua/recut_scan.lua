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
-- flag: allow-oom
-- include: clock
-- include: text
-- include: push
-- include: open_list
-- include: task
-- include: adopt
-- include: finish
-- include: settle
-- include: withdraw
-- include: return_jobs
-- include: site
-- include: write_back
local now, id, open = clock(ARGV[1]), ARGV[2], key('scan', ARGV[2], 'open')
local blocked, scan = key('scan', id, 'blocked'), read(scan_of(id), { 'cuts' })
if rules_of(site()) ~= ARGV[3] then
  return { 'rules_changed' }
end
if scan.rules == ARGV[3] or not is_open(scan) then
  return { 'ok' }
end
if (scan.rules or '0') ~= ARGV[4] or (scan.cuts or '0') ~= ARGV[5] or text(count_open(id)) ~= ARGV[6]
  or text(redis.call('ZCARD', blocked)) ~= ARGV[7] then
  return { 'rules_changed' }
end

local excluded = 12 + tonumber(ARGV[9])
local ended = excluded + 2 * tonumber(ARGV[10])
local tasks = ended + tonumber(ARGV[11])
drop_open(id)
redis.call('DEL', blocked, key('scan', id, 'excluded'))
push('RPUSH', open, 12, excluded - 1)
push('ZADD', key('scan', id, 'excluded'), excluded, ended - 1)
if ARGV[8] ~= '0' then
  add(scan, 'open', -ARGV[8])
  add(scan, 'excluded', tonumber(ARGV[8]))
end
for i = ended, tasks - 1 do
  finish({ load_task(ARGV[i]) }, 'canceled', now)
end
for i = tasks, #ARGV, 6 do
  local task = load_task(ARGV[i])
  if task and is_held(task) and task.attempt == ARGV[i + 1] then
    adopt(task, { cancel = ARGV[i + 2], recut = ARGV[i + 3] }, ARGV[i + 4], ARGV[i + 5])
  end
end
set(scan, 'rules', ARGV[3])
add(scan, 'cuts', 1)
withdraw(id)
return_jobs(id)
settle(id, now)
write_back()
return { 'ok' }
