-- include: begin
-- include: clock
-- include: keys
-- include: reach
-- include: waiting
-- include: call
-- include: call_holders
-- include: records
-- include: members
-- include: write_back
local READY_AT_MOST = 16
-- What a script has made: something to be had now of a scan, on a queue, by a scanner.
local STIRRED, STIRRED_QUEUES, STIRRED_SCANNERS = {}, {}, {}
local function forget_stirred()
  STIRRED, STIRRED_QUEUES, STIRRED_SCANNERS = emptied(STIRRED), emptied(STIRRED_QUEUES), emptied(STIRRED_SCANNERS)
end
STARTERS[#STARTERS + 1] = forget_stirred

-- stir(scan, most): there is something of it for those that wait on its queues; for so many of them at most.
local function stir(scan, most)
  if not STIRRED[scan] then
    STIRRED[scan] = 0
    STIRRED[#STIRRED + 1] = scan
  end
  STIRRED[scan] = math.max(STIRRED[scan], most or math.huge)
end

-- stir_queue(queue, places): they may have the scans for which there is room now that its job capacity has so many
-- places more; without a number, whatever is ready or in reach.
local function stir_queue(queue, places)
  if not STIRRED_QUEUES[queue] then
    STIRRED_QUEUES[#STIRRED_QUEUES + 1] = queue
  end
  STIRRED_QUEUES[queue] = (STIRRED_QUEUES[queue] or 0) + (places or math.huge)
end

-- stir_scanner(scanner): there may be something that it could not have before.
local function stir_scanner(scanner)
  if not STIRRED_SCANNERS[scanner] then
    STIRRED_SCANNERS[scanner] = true
    STIRRED_SCANNERS[#STIRRED_SCANNERS + 1] = scanner
  end
end

-- call_all(now): as many of those that wait as there are tasks for them.
local function call_all(now)
  end_old_waits(now)
  for _, queue in ipairs(STIRRED_QUEUES) do
    local places = STIRRED_QUEUES[queue]
    local ready = places == math.huge and redis.call('ZRANGE', key('queue', queue, 'ready'), 0, READY_AT_MOST - 1) or {}
    for _, scans in ipairs({ ready, in_reach_of(queue, places) }) do
      for _, scan in ipairs(scans) do
        stir(scan)
      end
    end
    call_holders(queue, now)
  end
  for _, scan in ipairs(STIRRED) do
    local who = waiting(scan)
    local left = #who > 0 and math.min(STIRRED[scan], tasks_in(scan)) or 0
    for _, one in ipairs(who) do
      left = left - (left > 0 and call(one.scanner, now, scan) and 1 or 0)
    end
  end
  for _, scanner in ipairs(STIRRED_SCANNERS) do
    call(scanner, now)
  end
end

-- Where anybody waits. After records and members, which it reads as they are now.
WRITERS[#WRITERS + 1] = function()
  local does_wait = #STIRRED + #STIRRED_QUEUES > 0 and redis.call('EXISTS', key('polls')) == 1
  for i = 1, #STIRRED_SCANNERS do
    does_wait = does_wait or read(record_of('scanner', STIRRED_SCANNERS[i]), { 'poll' }).poll
  end
  if does_wait then
    call_all(clock(ARGV[1]))
  end
  forget_stirred()
end
