-- include: begin
-- include: text
-- include: keys
-- A task's record keeps what it covers in one field, slice, and who has it and how in another, lease: a hash of few
-- fields costs a script less than one of many. queues/task_records.py reads them for the rest of the product.
local SLICE = '^(%d+):(%d+):(%d+):(%d+):([%d,]*)$'
local LEASE = '^(%d+):(%d+):(%d+):(%d*):([^|]*)|(.*):(%d+)$'

local LAST = { lease = nil, of_tasks = nil }

-- read_lease(lease): what its tasks have in common, as their metatable: the parts of its text, and each other field as it
-- is in a task of which no more was said. The tasks of one claim have one text, so that of the last is kept.
local function read_lease(lease)
  if LAST.lease ~= lease then
    local attempt, scanner, claimed, rate, rated_by, request, expected = string.match(lease, LEASE)
    LAST.lease, LAST.of_tasks = lease, { __index = { attempt = attempt, scanner = scanner, claimed = claimed, rate = rate,
      rated_by = rated_by, request = request, expected = expected, holders = scanner, status = 'claimed', progress = '0',
      strikes = '', stalled = '', taken = '', said = '', recut = '', cancel = '', started = false, finished = false } }
  end
  return LAST.of_tasks
end

-- read_task(id): its record as the store has it, with room for what it has of its own: a table that grows is made anew.
local function read_task(id)
  local at = key('task', id)
  local task = { at, nil, true, id = id, slice = false, lease = false, status = nil, scan = false, first = 0, last = 0,
    size = 0, segment = false, subnets = false, started = nil, finished = nil }
  local fields = redis.call('HGETALL', at)
  for i = 1, #fields, 2 do
    task[fields[i]] = fields[i + 1]
  end
  return task
end

-- load_task(id): its record with scan, first, last (numbers), segment, subnets; attempt, scanner, claimed, rate,
-- rated_by, request, expected; id and size; or nil.
local function load_task(id)
  local task = CALL.task[id]
  if not task or not task.id then
    task = read_task(id)
    CALL.task[id] = task
  end
  if not task.slice then
    return nil
  end
  local first, last
  task.scan, first, last, task.segment, task.subnets = string.match(task.slice, SLICE)
  first, last = first + 0, last + 0
  task.first, task.last, task.size = first, last, last - first
  return setmetatable(task, read_lease(task.lease))
end

-- is_held(task): whether a lease of it goes on.
local function is_held(task)
  return task.status == 'claimed' or task.status == 'running'
end

-- is_ended(task): whether it has ended by its holder's word.
local function is_ended(task)
  return task.taken == '' and (task.status == 'completed' or task.status == 'failed')
end

-- last_word(task): what its holder said last: completed, failed or released; '' for nothing yet.
local function last_word(task)
  return task.said == '' and is_ended(task) and task.status or task.said
end

-- slice_text(task): its field slice, by what it covers now.
local function slice_text(task)
  return task.scan .. ':' .. text(task.first) .. ':' .. text(task.last) .. ':' .. task.segment .. ':' .. task.subnets
end
