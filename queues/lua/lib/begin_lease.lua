-- include: keys
-- include: new_id
-- include: task
-- include: held
-- include: members
-- include: charge
-- include: text
-- include: known
-- include: records
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
  set(task, 'status', 'claimed')
  set(task, 'holders', hold(task.holders, scanner))
  task.attempt = text(task.attempt + 1)
  for _, name in ipairs({ 'started', 'stalled', 'error', 'finished', 'said', 'recut', 'cancel', 'progress', 'results',
    'batch:' .. text(task.attempt - 8) }) do
    set(task, name, false)
  end
  return task
end

-- fresh(now): a task that was never handed out: without a status it is claimed (lib/task.lua).
local function fresh(now)
  local id = new_id(now)
  return { key('task', id), id = id, attempt = '1', slice = nil, lease = nil }
end

-- begin_lease(slice, scan, me, expected, now): hands a slice of the scan out (open_list, pick) to a scanner (claimer);
-- expected: for how many ms of probing. Returns the task, which is yet to be counted (count_out).
local function begin_lease(slice, scan, me, expected, now)
  local task = slice.id == '' and fresh(now) or renewed(load_task(slice.id), me.id)
  me.began = me.began or text(now)
  task.slice = scan .. ':' .. slice.from .. ':' .. slice.to .. ':' .. slice.segment .. ':' .. slice.subnets
  task.lease = task.attempt .. ':' .. me.id .. ':' .. me.began .. ':' .. slice.rate .. ':' .. slice.bound ..
    '|' .. me.asked.request .. ':' .. text(expected)
  redis.call('HSET', task[1], 'slice', task.slice, 'lease', task.lease)
  for i = 1, #slice.budgets do
    charge(slice.budgets[i], me.id, slice.rate)
  end
  return task
end

-- list_out(tasks, me, now): what a claim has begun is among what the scanner and the site have out.
local function list_out(tasks, me, now)
  local scanner, expires = record_of('scanner', me.id), now + me.asked.claim_ms
  local leases, ids = { key('leases'), nil, nil, nil, nil }, { nil, nil, nil, nil }
  for i = 1, #tasks do
    local task, n = tasks[i].id, 2 * i
    leases[n], leases[n + 1] = expires, task
    ids[i] = task
    if me.asked.request ~= '' then
      note_unstarted(me.id, me.asked.request, task, 0)
    end
  end
  take_up(scanner, ids, leases)
end

-- count_out(row, me): the tasks that a claim has begun of a scan count among what the scanner and the scan have out.
local function count_out(row, me)
  local id, tasks = row.scan, (#row.entries - 1) / 2
  local scanner, scan = record_of('scanner', me.id), record_of('scan', id)
  count_held(tally_of(scanner), id, tasks)
  add(scanner, 'tasks', tasks)
  add(scanner, 'targets', row.size)
  add(scan, 'open', -row.size)
  add(scan, 'in_flight', row.size)
  add(scan, 'claimed', tasks)
  enter(row.entries)
end
