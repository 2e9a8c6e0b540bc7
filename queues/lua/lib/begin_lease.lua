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

-- count_out(task, size): the task counts among what its scanner and its scan have out.
local function count_out(task, size)
  local me, scan = record_of('scanner', task.scanner), scan_of(task.scan)
  add(held_of(task.scanner), task.scan, 1)
  add(me, 'tasks', 1)
  add(me, 'targets', size)
  add(scan, 'open', -size)
  add(scan, 'in_flight', size)
  add(scan, 'claimed', 1)
end

-- task_of(slice, now): the task that a slice is handed out as.
local function task_of(slice, now)
  if slice.id ~= '' then
    return renewed(load_task(slice.id), slice.scanner)
  end
  local id = new_id(now)
  local task = record_of('task', id)
  task.id, task.attempt = id, '1'
  return task
end

-- begin_lease(slice, now, expires): hands a slice out. It has id ('' for a fresh one), scan, first, last,
-- size, segment, subnets, budgets, scanner, rate, bound, request, expected. Returns the task.
local function begin_lease(slice, now, expires)
  local task = task_of(slice, now)
  task.scan, task.first, task.last, task.segment, task.subnets = slice.scan, slice.first, slice.last, slice.segment,
    slice.subnets
  task.scanner, task.claimed, task.rate, task.rated_by, task.request, task.expected = slice.scanner, now, slice.rate,
    slice.bound, slice.request, slice.expected
  set(task, 'slice', slice_text(task))
  set(task, 'lease', lease_text(task))
  set(task, 'status', 'claimed')
  score(key('leases'), task.id, text(expires))
  score(key('scan', slice.scan, 'tasks'), task.id, task.id)
  score(key('scanner', slice.scanner, 'tasks'), task.id, task.id)
  if slice.request ~= '' then
    score(key('scanner', slice.scanner, 'unstarted'), slice.request .. ':' .. task.id, '0')
  end
  count_out(task, slice.size)
  for _, budget in ipairs(slice.budgets) do
    charge(budget, slice.scanner, slice.rate)
  end
  return task
end
