-- Says why a scan waits.
-- KEYS[1] the site
-- ARGV[1] scan
-- Returns {code} with '' where it does not wait: it has ended, or nothing of it is open, or tasks are out
-- Guarantees: writes nothing; decides by the same steps as a claim.
-- include: keys
-- include: place
-- include: able
-- include: window
-- include: reason
local s = redis.call('HMGET', key('scan', ARGV[1]), 'status', 'open', 'in_flight', 'engine')
if s[1] == 'paused' or s[1] == 'pausing' then
  return { 'PAUSED' }
end
if not s[2] or s[2] == '0' or s[3] ~= '0' then
  return { '' }
end
local RANK = { NO_SCANNER_ONLINE = 1, NO_SCANNER_WITH_ENGINE = 2, GROUP_AT_JOB_CAPACITY = 3, SCANNERS_FULL = 4,
  BEHIND_OTHER_SCANS = 5, AWAITING_CLAIM = 6 }
local best = 'NO_SCANNER_ONLINE'
local jobs = redis.call('HGETALL', key('scan', ARGV[1], 'jobs'))
for i = 1, #jobs, 2 do
  local found = reason(jobs[i], jobs[i + 1], ARGV[1], s[4])
  best = RANK[found] > RANK[best] and found or best
end
return { best }
