-- include: keys
-- include: able
-- include: window
-- standing(scanner, scan, engine, now): how a claim of this scanner would meet a ready scan: 'unable'
-- (offline or without its engine), 'waits' (it failed too often), 'full', 'behind' (outside its window),
-- 'open'.
local function standing(scanner, scan, engine, now)
  local s = redis.call('HMGET', key('scanner', scanner), 'online', 'engines', 'groups', 'cap_jobs', 'cap_tasks',
    'tasks', 'cap_targets', 'targets', 'enabled', 'drain', 'wait_until')
  local able = able_of(s[2] or '')
  if s[1] ~= '1' or s[9] ~= '1' or s[10] == '1' or not able(engine) then
    return 'unable'
  elseif tonumber(s[11] or '0') > now then
    return 'waits'
  end
  if tonumber(s[6] or 0) >= tonumber(s[5]) or tonumber(s[8] or 0) >= tonumber(s[7]) then
    return 'full'
  end
  local queues, held, distinct = { 's' .. scanner }, {}, 0
  for group in string.gmatch(s[3] or '', '[^,]+') do
    queues[#queues + 1] = 'g' .. group
  end
  for _, one in ipairs(redis.call('HKEYS', key('scanner', scanner, 'scans'))) do
    held[one], distinct = true, distinct + 1
  end
  for _, row in ipairs(window(queues, held, tonumber(s[4]), able)) do
    if row.scan == scan and (held[scan] or distinct < tonumber(s[4])) then
      return 'open'
    end
  end
  return 'behind'
end
