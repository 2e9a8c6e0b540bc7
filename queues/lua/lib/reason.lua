-- include: keys
-- include: place
-- include: able
-- include: window
local ASKED_AT_MOST = 100

-- standing(scanner, scan, engine): how a claim of this scanner would meet a ready scan: 'unable' (offline
-- or without its engine), 'full', 'behind' (outside its window), 'open'.
local function standing(scanner, scan, engine)
  local s = redis.call('HMGET', key('scanner', scanner), 'online', 'engines', 'groups', 'cap_jobs', 'cap_tasks',
    'tasks', 'cap_targets', 'targets', 'enabled', 'drain')
  local able = able_of(s[2] or '')
  if s[1] ~= '1' or s[9] ~= '1' or s[10] == '1' or not able(engine) then
    return 'unable'
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

-- reason(queue, place, scan, engine): why this job of the scan is not handed out; place is listed | out.
local function reason(queue, place_now, scan, engine)
  local q = redis.call('HMGET', key('queue', queue), 'online', 'cap')
  if tonumber(q[1] or '0') < 1 then
    return 'NO_SCANNER_ONLINE'
  elseif not can(queue, engine) then
    return 'NO_SCANNER_WITH_ENGINE'
  end
  local own = string.match(queue, '^s(%d+)$')
  local room = tonumber(q[2]) - redis.call('ZCARD', key('queue', queue, 'ready'))
  local members = own and { own }
    or redis.call('SRANDMEMBER', key('group', string.sub(queue, 2), 'members'), ASKED_AT_MOST)
  local seen = {}
  for _, scanner in ipairs(members) do
    seen[standing(scanner, scan, engine)] = true
  end
  if not seen.behind and not seen.open then
    return 'SCANNERS_FULL'
  elseif place_now == 'listed' and room <= 0 then
    return own and 'BEHIND_OTHER_SCANS' or 'GROUP_AT_JOB_CAPACITY'
  elseif place_now == 'listed' then
    local first = redis.call('LRANGE', key('queue', queue, 'waiting'), 0, room - 1)
    for _, other in ipairs(first) do
      if other == scan then
        return 'AWAITING_CLAIM'
      end
    end
    return 'BEHIND_OTHER_SCANS'
  end
  return seen.open and 'AWAITING_CLAIM' or 'BEHIND_OTHER_SCANS'
end
