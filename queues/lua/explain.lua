-- Says why a scan waits.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scan   ARGV[3] how many scanners to look at, at most
-- Returns {code} with '' where it does not wait: it has ended, or nothing of it is open, or tasks are out
-- Guarantees: writes nothing; decides by the same steps as a claim.
-- include: clock
-- include: reason
local now, id, asked = clock(ARGV[1]), ARGV[2], { left = tonumber(ARGV[3]) }
local s = redis.call('HMGET', key('scan', id), 'status', 'open', 'in_flight', 'engine')
if s[1] == 'paused' or s[1] == 'pausing' then
  return { 'PAUSED' }
end
if not s[2] or s[2] == '0' or s[3] ~= '0' then
  return { '' }
end
local RANK = { NO_SCANNER_ONLINE = 1, NO_SCANNER_WITH_ENGINE = 2, SCANNERS_BACKING_OFF = 3,
  GROUP_AT_JOB_CAPACITY = 4, SCANNERS_FULL = 5, BEHIND_OTHER_SCANS = 6, AWAITING_CLAIM = 7 }
local best = 'NO_SCANNER_ONLINE'
local jobs = redis.call('HGETALL', key('scan', id, 'jobs'))
for i = 1, #jobs, 2 do
  local found = reason({ queue = jobs[i], place = jobs[i + 1] }, { id = id, engine = s[4] }, now, asked)
  best = RANK[found] > RANK[best] and found or best
end
return { best }
