-- include: keys
-- include: budget
-- include: sharers
local FORGOTTEN_AT_MOST = 100

-- wait_no_more(kind, id, scanner): it does not count among those that wait for some of a budget. Returns whether it did.
local function wait_no_more(kind, id, scanner)
  if redis.call('ZREM', key(kind, id, 'waiters'), scanner) == 0 then
    return false
  end
  redis.call('ZREM', key(kind, id, 'turns'), scanner)
  return true
end

-- give_up(kind, id, scanner): it waits no more, and has nothing of it: the shares of the others grow.
local function give_up(kind, id, scanner)
  if wait_no_more(kind, id, scanner) then
    stir_sharers(kind, id)
  end
end

-- enroll(kind, id, scanner, asked): it waits, from when it began to, for 30 s after it asked.
local function enroll(kind, id, scanner, asked)
  redis.call('ZADD', key(kind, id, 'waiters'), asked, scanner)
  redis.call('ZADD', key(kind, id, 'turns'), 'NX', asked, scanner)
end

-- forget(kind, id, now): those that have not asked for 30 s wait no more.
local function forget(kind, id, now)
  local waiters = key(kind, id, 'waiters')
  local gone = redis.call('ZRANGEBYSCORE', waiters, '-inf', now - WAITS_MS, 'LIMIT', 0, FORGOTTEN_AT_MOST)
  for i = 1, #gone do
    wait_no_more(kind, id, gone[i])
  end
  if #gone > 0 then
    stir_sharers(kind, id)
  end
end

-- wait_on(kind, id, scanner, now): it has lost the last that it held of a budget; if its last claim found
-- too little of it, it is to have its share though others ask before it does.
local function wait_on(kind, id, scanner, now)
  local s = read(record_of('scanner', scanner), { 'waits', 'waited' })
  local wants = s.waits and string.find(',' .. s.waits .. ',', ',' .. kind .. ':' .. id .. ',', 1, true)
  if wants and tonumber(s.waited) > now - WAITS_MS then
    enroll(kind, id, scanner, tonumber(s.waited))
  end
end
