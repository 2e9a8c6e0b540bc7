-- include: keys
-- load_task(id): its record, or nil.
local function load_task(id)
  local names = { 'scan', 'first', 'last', 'segment', 'attempt', 'status', 'scanner', 'strikes', 'rate',
    'request', 'holders', 'progress', 'expected', 'stalled', 'taken' }
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

-- fence(task, scanner, attempt): 'ok' for who holds it; 'ended' for who ended it; 'lease_lost' for one
-- of its last 8 holders; 'not_owned' for the rest. attempt may be ''.
local function fence(task, scanner, attempt)
  if task.scanner == scanner and (attempt == '' or attempt == task.attempt) then
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
