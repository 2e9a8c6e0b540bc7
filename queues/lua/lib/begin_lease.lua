-- include: keys
-- include: text
-- include: new_id
-- hold(holders, scanner): the last 8 holders with this one appended.
local function hold(holders, scanner)
  local all = {}
  for one in string.gmatch(holders .. ',' .. scanner, '[^,]+') do
    all[#all + 1] = one
  end
  return table.concat(all, ',', math.max(1, #all - 7))
end

-- begin_lease(task, now, expires): hands a slice out. task has id ('' for a fresh one), scan, first,
-- last, segment, scanner, rate, rated_by, request, expected. Returns its id.
local function begin_lease(task, now, expires)
  local id = task.id ~= '' and task.id or new_id(now)
  local at, me, size = key('task', id), key('scanner', task.scanner), task.last - task.first
  local holders = hold(redis.call('HGET', at, 'holders') or '', task.scanner)
  local attempt = redis.call('HINCRBY', at, 'attempt', 1)
  redis.call('HSET', at, 'scan', task.scan, 'first', text(task.first), 'last', text(task.last),
    'segment', task.segment, 'scanner', task.scanner, 'status', 'claimed', 'holders', holders,
    'rate', task.rate, 'rated_by', task.rated_by, 'request', task.request,
    'expected', text(task.expected), 'claimed', text(now), 'progress', '0', 'results', '0')
  redis.call('HDEL', at, 'started', 'stalled', 'error', 'finished', 'said', 'batch:' .. text(attempt - 8))
  redis.call('ZADD', key('leases'), text(expires), id)
  redis.call('ZADD', key('scan', task.scan, 'tasks'), id, id)
  redis.call('ZADD', key('scanner', task.scanner, 'tasks'), id, id)
  redis.call('HINCRBY', key('scanner', task.scanner, 'scans'), task.scan, 1)
  redis.call('HINCRBY', me, 'tasks', 1)
  redis.call('HINCRBY', me, 'targets', text(size))
  local scan = key('scan', task.scan)
  redis.call('HINCRBY', scan, 'open', text(-size))
  redis.call('HINCRBY', scan, 'in_flight', text(size))
  redis.call('HINCRBY', scan, 'claimed', 1)
  if task.rate ~= '' then
    redis.call('HINCRBY', scan, 'granted', task.rate)
  end
  if task.request ~= '' then
    redis.call('ZADD', key('scanner', task.scanner, 'unstarted'), 0, task.request .. ':' .. id)
  end
  return id
end
