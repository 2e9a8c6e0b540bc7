-- include: begin
-- include: keys
-- include: scan
-- include: open_list
-- include: queue
-- include: known
-- has_put_aside(): whether a job was put aside in this call.
local function has_put_aside()
  return CALL.has_put_aside
end

-- place_of(queue, scan): where a job belongs that has left the waiting list: 'ready' if there is something to hand out
-- now, 'parked' until a scanner with its engine comes, 'closed' until budgets have room for it, or nowhere.
local function place_of(queue, scan)
  local s = scan_of(scan)
  if not is_open(s) then
    return nil
  elseif s.spent or not has_open(scan) then
    return (s.spent or redis.call('EXISTS', key('scan', scan, 'blocked')) == 1) and 'closed' or nil
  end
  return can(queue, s.engine) and 'ready' or 'parked'
end

-- place(queue, scan): it is put there. Returns whether it is ready.
local function place(queue, scan)
  local s, where = read(scan_of(scan), { 'receipt' }), place_of(queue, scan)
  if where == 'closed' then
    redis.call('ZADD', key('queue', queue, 'closed'), s.receipt, scan)
    CALL.has_put_aside = true
  else
    redis.call('ZREM', key('queue', queue, 'closed'), scan)
  end
  if where == 'ready' then
    redis.call('ZADD', key('queue', queue, 'ready'), s.receipt, scan)
  elseif where == 'parked' then
    redis.call('SADD', key('queue', queue, 'parked'), s.engine)
    redis.call('ZADD', key('queue', queue, 'parked', s.engine), s.receipt, scan)
  end
  return where == 'ready'
end
