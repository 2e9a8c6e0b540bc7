-- include: keys
-- include: able
-- claimer(scanner, limits): a scanner as a claim sees it: its queues, what it holds and may still take.
-- Returns nil and for how many ms, where it is to have nothing now.
local function claimer(scanner, limits, now)
  local s = redis.call('HMGET', key('scanner', scanner), 'drain', 'wait_until', 'engines', 'groups', 'cap_targets',
    'cap_tasks', 'cap_jobs', 'targets', 'tasks', 'rate', 'cursor', 'retired', 'waits')
  local wait_until = tonumber(s[2] or '0')
  if s[1] == '1' or s[12] or wait_until > now then
    return nil, math.max(0, wait_until - now)
  end
  local me = { id = scanner, request = limits.request, able = able_of(s[3] or ''), queues = { 's' .. scanner },
    held = {}, distinct = 0, passed = {}, subnets = {},
    cap_tasks = tonumber(s[6]), cap_jobs = tonumber(s[7]), cursor = tonumber(s[11] or '0'),
    targets = s[5] - (s[8] or 0), tasks = s[6] - (s[9] or 0), scanner_rate = tonumber(s[10] or ''),
    claim_ms = limits.claim_ms, task_seconds = limits.task_seconds,
    default_rate = limits.default_rate, least_rate = limits.least_rate, waits = s[13] or '', wanted = {} }
  for group in string.gmatch(s[4] or '', '[^,]+') do
    me.queues[#me.queues + 1] = 'g' .. group
  end
  for _, scan in ipairs(redis.call('HKEYS', key('scanner', scanner, 'scans'))) do
    me.held[scan], me.distinct = true, me.distinct + 1
  end
  return me
end
