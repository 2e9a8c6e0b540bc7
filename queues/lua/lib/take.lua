-- include: offer
-- include: pick
-- include: open_list
-- include: begin_lease
-- include: sharers
-- include: rouse
-- include: withdraw
-- include: return_jobs
-- speed_of(rate, bound, me): how fast a task will go: a scanner shares its own limit over its tasks.
local function speed_of(rate, bound, me)
  if rate == '' then
    return me.asked.default_rate
  end
  return bound == 'scanner' and math.max(1, tonumber(rate) / me.cap_tasks) or tonumber(rate)
end

-- leave(row): the scan has nothing to hand out for now; what is open of it waits for budgets.
local function leave(row)
  put_back(row)
  withdraw(row.scan)
  if row.open > 0 then
    return_jobs(row.scan)
  end
  row.left = true
end

-- may_draw(row, me, now): whether the scan's own budget has something for this scanner; where it is
-- spent the scan leaves ready until some of it comes free.
local function may_draw(row, me, now)
  local _, word = offer(row.budget, me.id, me.asked.least_rate, now)
  if word then
    wait_for(me, 'scan', row.scan)
  end
  if word == 'spent' then
    set(record_of('scan', row.scan), 'spent', '1')
    leave(row)
    me.look_again = true -- it made room in the window
  end
  return not word
end

-- lease(slice, row, me, now): leases as much of an interval as this scanner is to have of it.
local function lease(slice, row, me, now)
  local speed = speed_of(slice.rate, slice.bound, me)
  local size, last, to = slice_size(row, speed, me), slice.last, slice.to
  if slice.id ~= '' then -- it was of a size before, which a budget may not allow any more
    size = #slice.budgets > 0 and math.min(size, me.targets) or me.targets
  end
  size = math.min(size, last - slice.first)
  if size < last - slice.first then
    cut(slice, size)
    if slice.id ~= '' then
      stir(row.scan) -- whoever failed on it may have the rest
    end
  end
  local task = begin_lease(slice, row.scan, me, math.ceil(size * row.ports * 1000 / speed), now)
  for i = 1, #slice.budgets do
    tell_sharers(slice.budgets[i], slice.rate, least_of(slice.budgets[i], me.asked.least_rate))
  end
  keep_rest(slice, row, last, to)
  local count = #row.entries
  row.entries[count + 1], row.entries[count + 2], row.last_size = task.id, task.id, size
  row.open, row.size, me.tasks, me.targets = row.open - size, row.size + size, me.tasks - 1, me.targets - size
  return task
end

-- take(row, me, now): leases the next slice of one scan; returns the task, or nil.
local function take(row, me, now)
  local slice = (not row.budget or may_draw(row, me, now)) and pick(row, me, now)
  local task = slice and lease(slice, row, me, now) or nil
  if not row.left and is_used_up(row) then
    leave(row)
  end
  return task
end
