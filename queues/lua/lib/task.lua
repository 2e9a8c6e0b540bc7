-- include: records
-- include: text
-- A task's record keeps what it covers in one field, slice, and who has it and how in another, lease: a hash of few
-- fields costs a script less than one of many. queues/task_records.py reads them for the rest of the product.
local MAY_LACK = { 'holders', 'strikes', 'stalled', 'taken', 'said', 'recut', 'cancel' }
local OF_TASK = { 'slice', 'lease', 'status', 'progress', 'holders', 'strikes', 'stalled', 'taken', 'said', 'recut', 'cancel' }
local SLICE = '^(%d+):(%d+):(%d+):(%d+):([%d,]*)$'
local LEASE = '^(%d+):(%d+):(%d+):(%d*):([^|]*)|(.*):(%d+)$'

-- load_task(id): its record with scan, first, last (numbers), segment, subnets; attempt, scanner, claimed, rate,
-- rated_by, request, expected; id, size and whether it is held; or nil.
local function load_task(id)
  local task = record_of('task', id)
  if not read(task, OF_TASK).slice then
    return nil
  end
  for _, name in ipairs(MAY_LACK) do
    task[name] = task[name] or ''
  end
  local first, last
  task.scan, first, last, task.segment, task.subnets = string.match(task.slice, SLICE)
  task.attempt, task.scanner, task.claimed, task.rate, task.rated_by, task.request, task.expected =
    string.match(task.lease, LEASE)
  task.id, task.first, task.last, task.size = id, tonumber(first), tonumber(last), last - first
  task.holders = task.holders ~= '' and task.holders or task.scanner
  task.progress = task.progress or '0'
  task.held = task.status == 'claimed' or task.status == 'running'
  return task
end

-- slice_text(task), lease_text(task): these fields.
local function slice_text(task)
  return task.scan .. ':' .. text(task.first) .. ':' .. text(task.last) .. ':' .. task.segment .. ':' .. task.subnets
end

local function lease_text(task)
  return task.attempt .. ':' .. task.scanner .. ':' .. text(task.claimed) .. ':' .. task.rate .. ':' .. task.rated_by ..
    '|' .. task.request .. ':' .. text(task.expected)
end

-- is_of(task, scanner, attempt): whether the task was last given to this scanner, at this attempt.
local function is_of(task, scanner, attempt)
  return task.scanner == scanner and (attempt == '' or attempt == task.attempt)
end

-- was_given(task, scanner, attempt): whether this scanner was given that attempt, one of the last 8.
local function was_given(task, scanner, attempt)
  local holders = {}
  for one in string.gmatch(task.holders, '[^,]+') do
    holders[#holders + 1] = one
  end
  return holders[#holders - (task.attempt - attempt)] == scanner
end

-- fence(task, scanner, attempt): 'ok' for who holds it; 'ended' for who ended it; 'lease_lost' for one
-- of its last 8 holders; 'not_owned' for the rest. attempt may be ''.
local function fence(task, scanner, attempt)
  if is_of(task, scanner, attempt) then
    if task.held then
      return 'ok'
    end
    if task.taken == '' and (task.status == 'completed' or task.status == 'failed') then
      return 'ended'
    end
  end
  if string.find(',' .. task.holders .. ',', ',' .. scanner .. ',', 1, true) then
    return 'lease_lost'
  end
  return 'not_owned'
end
