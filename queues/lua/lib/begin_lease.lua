-- include: keys
-- include: text
-- include: new_id
-- include: charge
-- hold(holders, scanner): the last 8 holders with this one appended.
local function hold(holders, scanner)
  local all = {}
  for one in string.gmatch(holders .. ',' .. scanner, '[^,]+') do
    all[#all + 1] = one
  end
  return table.concat(all, ',', math.max(1, #all - 7))
end

-- begin_lease(slice, now, expires): hands a slice out. It has id ('' for a fresh one), scan, first, last,
-- size, segment, subnets, budgets, scanner, rate, bound, request, expected. Returns its id.
local function begin_lease(slice, now, expires)
  local id = slice.id ~= '' and slice.id or new_id(now)
  local at, me, size = key('task', id), key('scanner', slice.scanner), text(slice.size)
  local holders = hold(redis.call('HGET', at, 'holders') or '', slice.scanner)
  local attempt = redis.call('HINCRBY', at, 'attempt', 1)
  redis.call('HSET', at, 'scan', slice.scan, 'first', text(slice.first), 'last', text(slice.last),
    'segment', slice.segment, 'scanner', slice.scanner, 'status', 'claimed', 'holders', holders,
    'rate', slice.rate, 'rated_by', slice.bound, 'request', slice.request,
    'expected', text(slice.expected), 'claimed', text(now), 'progress', '0', 'results', '0')
  redis.call('HDEL', at, 'started', 'stalled', 'error', 'finished', 'said', 'recut', 'cancel', 'subnets',
    'batch:' .. text(attempt - 8))
  if slice.subnets ~= '' then
    redis.call('HSET', at, 'subnets', slice.subnets)
  end
  redis.call('ZADD', key('leases'), text(expires), id)
  redis.call('ZADD', key('scan', slice.scan, 'tasks'), id, id)
  redis.call('ZADD', key('scanner', slice.scanner, 'tasks'), id, id)
  redis.call('HINCRBY', key('scanner', slice.scanner, 'scans'), slice.scan, 1)
  redis.call('HINCRBY', me, 'tasks', 1)
  redis.call('HINCRBY', me, 'targets', size)
  local scan = key('scan', slice.scan)
  redis.call('HINCRBY', scan, 'open', '-' .. size)
  redis.call('HINCRBY', scan, 'in_flight', size)
  redis.call('HINCRBY', scan, 'claimed', 1)
  for _, budget in ipairs(slice.budgets) do
    charge(budget, slice.scanner, slice.rate)
  end
  if slice.request ~= '' then
    redis.call('ZADD', key('scanner', slice.scanner, 'unstarted'), 0, slice.request .. ':' .. id)
  end
  return id
end
