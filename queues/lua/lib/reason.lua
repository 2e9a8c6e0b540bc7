-- include: keys
-- include: place
-- include: standing
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
