-- include: keys
-- include: take
-- include: begin_lease
local LOOKS_AT_MOST, LOOKS_AT_LEAST = 16, 4 -- at open intervals of a scan that are not for now

-- may_take(row, me): whether this scanner may have one more slice of the scan now. While fewer slices
-- remain than a shared queue has task slots, a claim gets one of them at most.
local function may_take(row, me)
  if row.left or row.open == 0 or (not me.held[row.scan] and me.distinct >= me.cap_jobs) then
    return false
  end
  if row.taken and row.slots > me.cap_tasks then
    return math.ceil(row.open / row.taken_size) >= row.slots
  end
  return true
end

-- hand_out(rows, me, limit, now): round robin over the window, one slice of each scan in succession,
-- beginning after the receipt where this scanner's last claim stopped. Returns the tasks; a scan that
-- was asked for a slice, gave none and stays ready is passed over (me.passed).
local function hand_out(rows, me, limit, now)
  local tasks, start = {}, 0
  for i, row in ipairs(rows) do
    row.looks = math.max(LOOKS_AT_LEAST, math.floor(LOOKS_AT_MOST / #rows))
    if row.receipt <= me.cursor then
      start = i
    end
  end
  local turn, idle = start, 0
  while #rows > 0 and idle < #rows and #tasks < limit and me.tasks > 0 and me.targets > 0 do
    turn = turn % #rows + 1
    local row, before, task = rows[turn], me.targets, nil
    if not row.over and may_take(row, me) then
      me.rows, me.left = rows, limit - #tasks
      task = take(row, me, now)
      me.passed[row.scan] = not task and not row.taken and not row.left or nil
    end
    if task then
      tasks[#tasks + 1], idle = task, 0
      row.taken, row.taken_size = true, before - me.targets
      row.tasks, row.size = row.tasks + 1, row.size + row.taken_size
      me.distinct = me.distinct + (me.held[row.scan] and 0 or 1)
      me.held[row.scan], me.cursor = true, row.receipt
    else
      row.over, idle = true, idle + 1
    end
  end
  for _, row in ipairs(rows) do
    put_back(row)
    if row.taken then
      count_out(row.scan, me, row.tasks, row.size)
    end
  end
  return tasks
end
