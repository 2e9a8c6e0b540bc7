-- include: keys
-- can(queue, engine): whether an online scanner of the queue has this engine.
local function can(queue, engine)
  local have = redis.call('HMGET', key('queue', queue), 'engine:' .. engine, 'engine:*')
  return (have[1] or have[2]) and true or false
end

-- place(queue, scan): a job that has left the waiting list becomes ready if there is something to hand out
-- now; it is parked until a scanner with its engine comes, or closed until budgets have room for it.
-- Returns whether it is ready.
local function place(queue, scan)
  local s = redis.call('HMGET', key('scan', scan), 'status', 'receipt', 'engine', 'spent')
  if s[1] ~= 'pending' and s[1] ~= 'running' then
    return false
  elseif s[4] or redis.call('EXISTS', key('scan', scan, 'open')) == 0 then
    if s[4] or redis.call('EXISTS', key('scan', scan, 'blocked')) == 1 then
      redis.call('ZADD', key('queue', queue, 'closed'), s[2], scan)
    end
    return false
  end
  redis.call('ZREM', key('queue', queue, 'closed'), scan)
  if can(queue, s[3]) then
    redis.call('ZADD', key('queue', queue, 'ready'), s[2], scan)
    return true
  end
  redis.call('SADD', key('queue', queue, 'parked'), s[3])
  redis.call('ZADD', key('queue', queue, 'parked', s[3]), s[2], scan)
  return false
end
