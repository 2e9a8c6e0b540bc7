-- include: keys
-- include: text
-- include: scan
-- include: queue
-- place(queue, scan): a job that has left the waiting list becomes ready if there is something to hand out
-- now; it is parked until a scanner with its engine comes, or closed until budgets have room for it.
-- Returns whether it is ready.
local function place(queue, scan)
  local s = read(scan_of(scan), { 'receipt' })
  if not is_open(s) then
    return false
  elseif s.spent or redis.call('EXISTS', key('scan', scan, 'open')) == 0 then
    if s.spent or redis.call('EXISTS', key('scan', scan, 'blocked')) == 1 then
      redis.call('ZADD', key('queue', queue, 'closed'), text(s.receipt), scan)
    end
    return false
  end
  redis.call('ZREM', key('queue', queue, 'closed'), scan)
  if can(queue, s.engine) then
    redis.call('ZADD', key('queue', queue, 'ready'), text(s.receipt), scan)
    return true
  end
  redis.call('SADD', key('queue', queue, 'parked'), s.engine)
  redis.call('ZADD', key('queue', queue, 'parked', s.engine), text(s.receipt), scan)
  return false
end
