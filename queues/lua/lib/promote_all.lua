-- include: keys
-- include: queue
-- include: blocked
-- include: promote
-- is_quiet(queues): whether nothing waits that a claim would have to look at first: for budgets, for an engine, for
-- its turn. One command says so; nearly always.
local function is_quiet(queues)
  local keys = { key('freed') }
  for i = 1, #queues do
    local queue = queues[i]
    keys[#keys + 1] = key('queue', queue, 'waiting')
    keys[#keys + 1] = key('queue', queue, 'parked')
    keys[#keys + 1] = key('queue', queue, 'closed')
  end
  return redis.call('EXISTS', unpack(keys)) == 0
end

-- promote_all(me, quota): in all queues of a scanner. me.is_quiet is whether nothing waits there.
local function promote_all(me, quota)
  me.is_quiet = is_quiet(me.queues)
  if not me.is_quiet then
    wake(me.least_rate)
  end
  for i = 1, #me.queues do
    local queue = me.queues[i]
    if not me.is_quiet or queue_of(queue).lost then
      promote(queue, me.able, quota)
    end
  end
end
