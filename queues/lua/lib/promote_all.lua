-- include: keys
-- include: blocked
-- include: promote
-- is_quiet(queues): whether nothing waits that a claim would have to look at first: for budgets, for an engine (or is to
-- wait for one that was lost), for its turn. One command says so; nearly always.
local function is_quiet(queues)
  local keys = { key('freed'), nil, nil, nil, nil }
  for i = 1, #queues do
    local queue, n = key('queue', queues[i]), 4 * i
    keys[n - 2], keys[n - 1], keys[n], keys[n + 1] = queue .. ':waiting', queue .. ':parked', queue .. ':closed', queue .. ':lost'
  end
  return redis.call('EXISTS', unpack(keys)) == 0
end

-- promote_all(me, quota): in all queues of a scanner. me.is_quiet is whether nothing waits there.
local function promote_all(me, quota)
  me.is_quiet = is_quiet(me.queues)
  if me.is_quiet then
    return
  end
  me.look_again = wake(me.asked.least_rate)
  for i = 1, #me.queues do
    promote(me.queues[i], me.engines, quota)
  end
end
