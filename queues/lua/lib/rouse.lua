-- include: begin
-- include: clock
-- include: keys
-- include: able
-- include: scan
-- include: polls
-- include: write_back
local ROUSED_AT_MOST, LOOKED_AT_MOST = 100, 116
local CHANNEL = 'sd:wake:'
local STIRRED, STIRRED_SCANNERS
STARTERS[#STARTERS + 1] = function()
  STIRRED, STIRRED_SCANNERS = {}, {}
end

-- stir(queue, scan): there is something of this scan for those that wait on the queue.
local function stir(queue, scan)
  if not STIRRED[scan] then
    STIRRED[scan] = {}
    STIRRED[#STIRRED + 1] = scan
  end
  STIRRED[scan][#STIRRED[scan] + 1] = queue
end

-- stir_scanner(scanner): there may be something that it could not have before.
local function stir_scanner(scanner)
  if not STIRRED_SCANNERS[scanner] then
    STIRRED_SCANNERS[scanner] = true
    STIRRED_SCANNERS[#STIRRED_SCANNERS + 1] = scanner
  end
end

-- tasks_in(scan): how many tasks it has to hand out, at most.
local function tasks_in(scan)
  local s = scan_of(scan)
  if not is_open(s) then
    return 0
  end
  return math.min(ROUSED_AT_MOST, math.ceil(s.open / math.max(1, tonumber(s.hosts_per_task or '') or 1)))
end

-- waiting(queues): who waits on one of these queues, least recently served first.
local function waiting(queues)
  local all, seen = {}, {}
  for _, queue in ipairs(queues) do
    local rows = redis.call('ZRANGE', key('queue', queue, 'polls'), 0, LOOKED_AT_MOST - 1, 'WITHSCORES')
    for i = 1, #rows, 2 do
      if not seen[rows[i]] then
        seen[rows[i]] = true
        all[#all + 1] = { scanner = rows[i], served = tonumber(rows[i + 1]), queue = queue }
      end
    end
  end
  table.sort(all, function(a, b) return a.served < b.served end)
  return all
end

-- rouse(scanner, now, engine, queue): its process is told, if the poll still waits and, where it was found on a queue,
-- the scanner may take a task of this engine. Returns whether it was.
local function rouse(scanner, now, engine, queue)
  local s = read(record_of('scanner', scanner), { 'poll', 'poll_until', 'engines', 'drain', 'retired', 'wait_until', 'tasks',
    'cap_tasks' })
  if not s.poll then
    if queue then
      redis.call('ZREM', key('queue', queue, 'polls'), scanner)
    end
    return false
  elseif tonumber(s.poll_until) < now then
    end_wait(scanner)
    return false
  elseif queue and (s.drain == '1' or s.retired or tonumber(s.wait_until or '0') > now
    or tonumber(s.tasks or '0') >= tonumber(s.cap_tasks) or not able_of(s.engines or '')(engine)) then
    return false
  end
  redis.call('PUBLISH', CHANNEL .. s.poll, string.match(SITE, '{(.*)}') .. ':' .. scanner)
  end_wait(scanner)
  return true
end

-- As many of those that wait as there are tasks for them.
FIRST_WRITERS[#FIRST_WRITERS + 1] = function() -- it changes records
  local now = (#STIRRED > 0 or #STIRRED_SCANNERS > 0) and clock(ARGV[1])
  for _, scan in ipairs(STIRRED) do
    local left = tasks_in(scan)
    for _, one in ipairs(left > 0 and waiting(STIRRED[scan]) or {}) do
      if left > 0 and rouse(one.scanner, now, scan_of(scan).engine, one.queue) then
        left = left - 1
      end
    end
  end
  for _, scanner in ipairs(STIRRED_SCANNERS) do
    rouse(scanner, now)
  end
  STIRRED, STIRRED_SCANNERS = {}, {}
end
