-- include: keys
-- include: queue
-- include: place
-- include: standing
-- standings(queue, scan, now, asked): the standings of the queue's scanners, as a set. Over all queues of
-- a scan asked.left of them are looked at; one that is open ends the search.
local function standings(queue, scan, now, asked)
  local own = string.match(queue, '^s(%d+)$')
  local members = own and { own } or redis.call('SMEMBERS', key('group', string.sub(queue, 2), 'members'))
  table.sort(members)
  local seen = {}
  for _, scanner in ipairs(members) do
    if asked.left == 0 or seen.open then
      break
    end
    local found, limit = standing(scanner, scan.id, scan.engine, asked, now)
    seen[found] = limit or true
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

-- waiting_place(job, scan, room): why a job on the waiting list is not handed out.
local function waiting_place(job, scan, room)
  if room <= 0 then
    return string.sub(job.queue, 1, 1) == 's' and 'BEHIND_OTHER_SCANS' or 'GROUP_AT_JOB_CAPACITY'
  end
  return in_reach(job.queue, scan.id, room) and 'AWAITING_CLAIM' or 'BEHIND_OTHER_SCANS'
end

-- reason(job, scan, now, asked): why this job of the scan is not handed out, and which limit is in the
-- way. job has queue and place (listed | out); scan has id, engine, limit (what all of it waits for), returns (whether it has
-- that again).
local function reason(job, scan, now, asked)
  local q = read(record_of('queue', job.queue), { 'cap', 'online' })
  if tonumber(q.online or '0') < 1 then
    return 'NO_SCANNER_ONLINE'
  elseif not can(job.queue, scan.engine) then
    return 'NO_SCANNER_WITH_ENGINE'
  end
  local seen = standings(job.queue, scan, now, asked)
  if not seen.behind and not seen.open and not seen.spent then
    return seen.full and 'SCANNERS_FULL' or 'SCANNERS_BACKING_OFF'
  elseif job.place == 'listed' then
    local room = tonumber(q.cap) - redis.call('ZCARD', key('queue', job.queue, 'ready'))
    return waiting_place(job, scan, room)
  elseif scan.limit or (seen.spent and not seen.open) then
    return 'BUDGET_SPENT', scan.limit or seen.spent
  end
  return (seen.open or scan.returns) and 'AWAITING_CLAIM' or 'BEHIND_OTHER_SCANS'
end
