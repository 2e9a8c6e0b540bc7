-- include: begin
-- include: clock
-- include: keys
-- include: stir
-- include: reach
-- include: waiting
-- include: call
-- include: call_holders
-- include: noted
-- include: open_list
-- include: scan
-- include: members
-- include: write_back
local READY_AT_MOST, UNFINISHED_AT_MOST = 16, 100
-- stir_unfinished(): there may be something of the oldest scans that are not finished; one is to look at what waits for budgets.
local function stir_unfinished()
  for _, status in ipairs({ 'running', 'pending' }) do
    for _, scan in ipairs(redis.call('ZRANGE', key('scans', status), 0, UNFINISHED_AT_MOST - 1)) do
      local is_closed = scan_of(scan).spent or not has_open(scan)
      stir(scan, is_closed and 1 or nil)
    end
  end
end

-- call_all(now): as many of those that wait as there are tasks for them.
local function call_all(now)
  end_old_waits(now)
  if CALL.stirred_site then
    stir_unfinished()
  end
  local queues, scans = kept('stirred_queues'), kept('stirred_scans')
  for _, queue in ipairs(queues) do
    local places = queues[queue]
    local ready = places == math.huge and redis.call('ZRANGE', key('queue', queue, 'ready'), 0, READY_AT_MOST - 1) or {}
    for _, found in ipairs({ ready, in_reach_of(queue, places) }) do
      for _, scan in ipairs(found) do
        stir(scan)
      end
    end
    call_holders(queue, now)
  end
  for _, scan in ipairs(scans) do
    for _, who in ipairs({ waiting(scan) }) do
      local left = #who > 0 and math.min(scans[scan], tasks_in(scan)) or 0
      for _, one in ipairs(who) do
        left = left - (left > 0 and call(one.scanner, now, scan) and 1 or 0)
      end
    end
  end
  for _, scanner in ipairs(kept('stirred_scanners')) do
    call(scanner, now)
  end
end

-- Where anybody waits. After records and members, which it reads as they are now.
WRITERS[#WRITERS + 1] = function()
  local is_stirred = CALL.stirred_scans or CALL.stirred_queues or CALL.stirred_site
  local does_wait = is_stirred and redis.call('EXISTS', key('polls')) == 1
  local scanners = CALL.stirred_scanners or NONE
  for i = 1, #scanners do
    does_wait = does_wait or read(record_of('scanner', scanners[i]), { 'poll' }).poll
  end
  if does_wait then
    call_all(clock(ARGV[1]))
  end
end
