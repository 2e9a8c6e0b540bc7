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
-- include: is_stale
-- include: touch
-- include: capacities
-- include: task
-- include: renew
-- include: control
local ENGINES_AT_MOST = 100
local now, scanner = clock(ARGV[1]), ARGV[2]
if is_stale(scanner, ARGV[3]) then
  return { 'stale' }
end
local me = key('scanner', scanner)
local boot = redis.call('HMGET', me, 'boot', 'boot_before')
local names = { 'version', 'boot', 'engines', 'cpus', 'memory', 'load' }
for i, name in ipairs(names) do
  if ARGV[4 + i] ~= '' then
    redis.call('HSET', me, name, ARGV[4 + i])
  end
end
for engine in string.gmatch(ARGV[7], '[^,]+') do
  if redis.call('SCARD', key('engines')) < ENGINES_AT_MOST then
    redis.call('SADD', key('engines'), engine)
  end
end
touch(scanner, now)
update_capacities(scanner)
if ARGV[6] ~= '' and boot[1] and boot[1] ~= ARGV[6] then
  redis.call('HSET', me, 'boot_before', boot[1])
  if boot[2] == ARGV[6] then
    raise_alarm('scanner-duplicated', scanner, 'Two programs at once use the key of scanner ' .. scanner .. '.', now)
  end
end

local state = redis.call('HMGET', me, 'drain', 'retired')
local reply, outdated = { 'ok', (state[1] == '1' or state[2]) and '1' or '0', '' }, {}
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
return reply
