-- include: keys
-- include: alarm
-- include: known
-- include: records
local OF_FAILURES = { 'failures', 'wait_until' }

-- is_name(task): whether its target is a host name; that such a one fails is no fault of the scanner.
local function is_name(task)
  local segment = redis.call('HGET', key('scan', task.scan, 'segments'), task.segment)
  return segment and string.find(segment, ';n:', 1, true) ~= nil
end

-- back_off(scanner, task, failed, now): after three failures reported in a row a scanner waits 2, 4, 8 …
-- up to 300 s between claims: a broken one is always free, and would burn a whole scan.
local function back_off(scanner, task, failed, now)
  local s = record_of('scanner', scanner)
  if not failed and s.failures == false and s.wait_until == false then -- they were read, and there are none
    return
  end
  read(s, OF_FAILURES)
  if failed and is_name(task) then
    return
  end
  if not failed then
    if s.failures or s.wait_until then
      set(s, 'failures', false)
      set(s, 'wait_until', false)
      clear_alarm('scanner-failing', scanner, now)
    end
    return
  end
  if tonumber(s.wait_until or '0') > now then
    return -- it waits already; a burst of failures is one
  end
  local failures = add(s, 'failures', 1)
  if failures >= 3 then
    local seconds = math.min(300, 2 ^ math.min(failures - 2, 9))
    set(s, 'wait_until', now + 1000 * seconds)
    raise_alarm('scanner-failing', scanner, 'Scanner ' .. scanner ..
      ' reported failures in a row; it waits between claims.', now)
  end
end
