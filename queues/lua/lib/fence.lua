-- include: task
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
    if is_held(task) then
      return 'ok'
    end
    if is_ended(task) then
      return 'ended'
    end
  end
  if string.find(',' .. task.holders .. ',', ',' .. scanner .. ',', 1, true) then
    return 'lease_lost'
  end
  return 'not_owned'
end
