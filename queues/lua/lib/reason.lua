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

-- waiting_place(queue, scan, cap): why a job on the waiting list is not handed out.
local function waiting_place(queue, scan, cap)
  if tonumber(cap) <= ready_in(queue) and string.sub(queue, 1, 1) == 'g' then
    return 'GROUP_AT_JOB_CAPACITY'
  end
  return is_in_reach(queue, scan.id) and 'AWAITING_CLAIM' or 'BEHIND_OTHER_SCANS'
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
    return waiting_place(job.queue, scan, q.cap)
  elseif scan.limit or (seen.spent and not seen.open) then
    return 'BUDGET_SPENT', scan.limit or seen.spent
  end
  return (seen.open or scan.returns) and 'AWAITING_CLAIM' or 'BEHIND_OTHER_SCANS'
end
