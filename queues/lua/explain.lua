-- Says why a scan waits.
-- KEYS[1] the site
-- ARGV[1] scan
-- Returns {code} with '' where it does not wait: it has ended, or tasks of it are out
-- Guarantees: writes nothing; looks with the same steps as a claim.
-- include: keys
-- include: place
local s = redis.call('HMGET', key('scan', ARGV[1]), 'status', 'open', 'in_flight', 'engine')
if s[1] == 'paused' or s[1] == 'pausing' then
  return { 'PAUSED' }
end
if not s[2] or s[2] == '0' or s[3] ~= '0' then
  return { '' }
end

local function has_room(queue)
  local scanner = string.match(queue, '^s(%d+)$')
  local members = scanner and { scanner } or redis.call('SRANDMEMBER', key('group', string.sub(queue, 2), 'members'), 100)
  for _, one in ipairs(members) do
    local use = redis.call('HMGET', key('scanner', one), 'online', 'tasks', 'cap_tasks', 'targets', 'cap_targets')
    if use[1] == '1' and tonumber(use[2] or 0) < tonumber(use[3]) and tonumber(use[4] or 0) < tonumber(use[5]) then
      return true
    end
  end
  return false
end

local function reason(queue, place_now)
  local q = redis.call('HMGET', key('queue', queue), 'online', 'cap')
  if tonumber(q[1] or '0') < 1 then
    return 'NO_SCANNER_ONLINE'
  elseif not can(queue, s[4]) then
    return 'NO_SCANNER_WITH_ENGINE'
  elseif not has_room(queue) then
    return 'SCANNERS_FULL'
  elseif place_now == 'listed' and redis.call('ZCARD', key('queue', queue, 'ready')) >= tonumber(q[2]) then
    return string.sub(queue, 1, 1) == 'g' and 'GROUP_AT_JOB_CAPACITY' or 'BEHIND_OTHER_SCANS'
  elseif place_now == 'listed' and redis.call('LINDEX', key('queue', queue, 'waiting'), 0) ~= ARGV[1] then
    return 'BEHIND_OTHER_SCANS'
  end
  return 'AWAITING_CLAIM'
end

local RANK = { NO_SCANNER_ONLINE = 1, NO_SCANNER_WITH_ENGINE = 2, SCANNERS_FULL = 3, GROUP_AT_JOB_CAPACITY = 4,
  BEHIND_OTHER_SCANS = 5, AWAITING_CLAIM = 6 }
local best = 'NO_SCANNER_ONLINE'
local jobs = redis.call('HGETALL', key('scan', ARGV[1], 'jobs'))
for i = 1, #jobs, 2 do
  local found = reason(jobs[i], jobs[i + 1])
  best = RANK[found] > RANK[best] and found or best
end
return { best }
