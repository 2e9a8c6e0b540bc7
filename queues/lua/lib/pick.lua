-- include: begin
-- include: keys
-- include: slice
-- include: open_list
-- include: grant
-- include: subnets
-- include: blocked
-- include: wait_for
-- budgets_of(row, slice, me): what a slice draws on: the scan's own limit, then its subnets.
local function budgets_of(row, slice, me)
  if not row.budget and slice.subnets == '' then
    return NONE
  end
  local budgets = { row.budget }
  for _, subnet in ipairs(subnets_of(slice.subnets, me.subnets)) do
    budgets[#budgets + 1] = subnet
  end
  return budgets
end

-- turn_away(slice, row, me, word, budget): an interval that this scanner cannot have now goes to the back;
-- where the budget of a subnet is spent, out of everybody's way until some of it comes free.
local function turn_away(slice, row, me, word, budget)
  row.looks = row.looks - 1
  if budget then
    wait_for(me, budget.kind, budget.id)
  end
  if word == 'spent' then
    set_aside(entry_of(slice), row, budget.id)
    me.look_again = true
  else
    redis.call('RPUSH', key('scan', row.scan, 'open'), entry_of(slice))
  end
end

-- tasks_of(row, me): how many more tasks of this scan the claim may still hand out, of the me.left that it may in all, the
-- scans of the window (me.rows) taking turns.
local function tasks_of(row, me)
  local others = 0
  for _, one in ipairs(me.rows) do
    others = others + ((one.over or one == row) and 0 or 1)
  end
  return math.max(1, math.min(math.ceil(math.min(me.left, me.tasks) / (others + 1)), row.open))
end

-- pick(row, me, now): takes the first open interval that this scanner may have, at a rate that
-- all tasks of the scan in this claim can have; returns it with rate, bound and budgets, or nil.
local function pick(row, me, now)
  local rest, left = row.rest, nil -- left: how many there are to look at, once one was turned away
  if rest and rest.budgets == NONE then -- as its first part was
    row.rest = nil
    return rest
  end
  while left ~= 0 and row.looks > 0 do
    local slice, word, by = next_open(row), nil, nil
    if not slice then
      return nil
    end
    if slice.id == '' or not is_for_others(slice, row, me, now) then
      slice.budgets = budgets_of(row, slice, me)
      local tasks = #slice.budgets > 0 and tasks_of(row, me) or 1
      slice.rate, word, by = grant(row, slice.budgets, me, tasks, now)
      if slice.rate then
        slice.bound = word
        return slice
      end
    end
    left = (left or 1 + redis.call('LLEN', key('scan', row.scan, 'open'))) - 1
    turn_away(slice, row, me, word, by)
  end
  return nil
end
