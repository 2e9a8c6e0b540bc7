-- include: keys
-- include: place
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

-- standings(queue, scan, engine, now, asked): the standings of the queue's scanners, as a set. Over all
-- queues of a scan asked.left of them are looked at; one that is open ends the search.
local function standings(queue, scan, engine, now, asked)
  local own = string.match(queue, '^s(%d+)$')
  local members = own and { own } or redis.call('SMEMBERS', key('group', string.sub(queue, 2), 'members'))
  table.sort(members)
  local seen = {}
  for _, scanner in ipairs(members) do
    if asked.left == 0 or seen.open then
      break
    end
    local found = standing(scanner, scan, engine, now)
    seen[found] = true
    asked.left = asked.left - (found == 'unable' and 0 or 1)
  end
  return seen
end

-- in_reach(queue, scan, room): whether the next claim moves this waiting job to ready.
local function in_reach(queue, scan, room)
  for _, other in ipairs(redis.call('LRANGE', key('queue', queue, 'waiting'), 0, room - 1)) do
    if other == scan then
      return true
    end
  end
  return false
end

-- reason(job, scan, now, asked): why this job of the scan is not handed out. job has queue and place
-- (listed | out); scan has id and engine.
local function reason(job, scan, now, asked)
  local q = redis.call('HMGET', key('queue', job.queue), 'online', 'cap')
  if tonumber(q[1] or '0') < 1 then
    return 'NO_SCANNER_ONLINE'
  elseif not can(job.queue, scan.engine) then
    return 'NO_SCANNER_WITH_ENGINE'
  end
  local seen = standings(job.queue, scan.id, scan.engine, now, asked)
  local room = tonumber(q[2]) - redis.call('ZCARD', key('queue', job.queue, 'ready'))
  if not seen.behind and not seen.open then
    return seen.full and 'SCANNERS_FULL' or 'SCANNERS_BACKING_OFF'
  elseif job.place == 'listed' and room <= 0 then
    return string.sub(job.queue, 1, 1) == 's' and 'BEHIND_OTHER_SCANS' or 'GROUP_AT_JOB_CAPACITY'
  elseif job.place == 'listed' then
    return in_reach(job.queue, scan.id, room) and 'AWAITING_CLAIM' or 'BEHIND_OTHER_SCANS'
  end
  return seen.open and 'AWAITING_CLAIM' or 'BEHIND_OTHER_SCANS'
end
