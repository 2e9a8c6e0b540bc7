-- include: keys
-- include: new_id
-- include: task
-- include: scan
-- include: held
-- include: members
-- include: charge
-- hold(holders, scanner): the last 8 holders with this one appended.
local function hold(holders, scanner)
  local all = {}
  for one in string.gmatch(holders .. ',' .. scanner, '[^,]+') do
    all[#all + 1] = one
  end
  return table.concat(all, ',', math.max(1, #all - 7))
end

-- renewed(task, scanner): a task that was handed out before has nothing of what was said of it.
local function renewed(task, scanner)
  set(task, 'holders', hold(task.holders, scanner))
  task.attempt = text(task.attempt + 1)
  for _, name in ipairs({ 'started', 'stalled', 'error', 'finished', 'said', 'recut', 'cancel', 'progress', 'results',
    'batch:' .. text(task.attempt - 8) }) do
    set(task, name, false)
  end
  return task
end

-- count_out(id, me, tasks, size): so many tasks, of so many addresses, count among what the scanner and the scan have out.
local function count_out(id, me, tasks, size)
  local scanner, held, scan = record_of('scanner', me.id), held_of(me.id), scan_of(id)
  held[id] = held[id] or false -- claimer has read all that it holds
  add(held, id, tasks)
  add(scanner, 'tasks', tasks)
  add(scanner, 'targets', size)
  add(scan, 'open', -size)
  add(scan, 'in_flight', size)
  add(scan, 'claimed', tasks)
end

-- fresh(slice, scan, me, expected, now): a task for a slice that was never handed out.
local function fresh(slice, scan, me, expected, now)
  local id = new_id(now)
  return { key('task', id), id = id, attempt = '1', scan = scan, first = slice.first, last = slice.last,
    segment = slice.segment, subnets = slice.subnets, scanner = me.id, claimed = now, rate = slice.rate,
    rated_by = slice.bound, request = me.request, expected = expected, slice = nil, lease = nil }
end

-- again(slice, scan, me, expected, now): the task that a slice was before, handed out once more.
local function again(slice, scan, me, expected, now)
  local task = renewed(load_task(slice.id), me.id)
  task.first, task.last, task.segment, task.subnets = slice.first, slice.last, slice.segment, slice.subnets
  task.scanner, task.claimed, task.rate, task.rated_by, task.request, task.expected = me.id, now, slice.rate, slice.bound,
    me.request, expected
  task.status = 'claimed'
  return task
end

-- begin_lease(slice, scan, me, expected, now): hands a slice of the scan out (open_list, pick) to a scanner (claimer);
-- expected: for how many ms of probing. Returns the task, which is yet to be counted (count_out).
local function begin_lease(slice, scan, me, expected, now)
  local task = (slice.id == '' and fresh or again)(slice, scan, me, expected, now)
  me.expires = me.expires or text(now + me.claim_ms)
  task.slice, task.lease = slice_text(task), lease_text(task)
  redis.call('HSET', task[1], 'slice', task.slice, 'lease', task.lease, 'status', 'claimed')
  score(key('leases'), task.id, me.expires)
  score(key('scan', scan, 'tasks'), task.id, task.id)
  local held = held_of(me.id)
  score(held.tasks, task.id, task.id)
  if me.request ~= '' then
    score(held.unstarted, me.request .. ':' .. task.id, '0')
  end
  for i = 1, #slice.budgets do
    charge(slice.budgets[i], me.id, slice.rate)
  end
  return task
end
