-- include: keys
-- load_task(id): its record, or nil.
local function load_task(id)
  local names = { 'scan', 'first', 'last', 'segment', 'attempt', 'status', 'scanner', 'strikes', 'rate',
    'request', 'holders', 'progress', 'expected', 'stalled', 'taken', 'said', 'subnets',
    'recut', 'cancel' }
  local values = redis.call('HMGET', key('task', id), unpack(names))
  if not values[1] then
    return nil
  end
  local task = { id = id }
  for i, name in ipairs(names) do
    task[name] = values[i] or ''
  end
  task.size = tonumber(task.last) - tonumber(task.first)
  task.held = task.status == 'claimed' or task.status == 'running'
  return task
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
