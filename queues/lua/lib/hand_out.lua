-- include: take
-- include: begin_lease
local LOOKS_AT_MOST, LOOKS_AT_LEAST = 16, 4 -- at open intervals of a scan that are not for now

-- may_take(row, me): whether this scanner may have one more slice of the scan now. While fewer slices
-- remain than a shared queue has task slots, a claim gets one of them at most.
local function may_take(row, me)
  if row.left or row.open == 0 or (not me.held[row.scan] and me.distinct >= me.cap_jobs) then
    return false
  end
  if row.last_size and row.slots > me.cap_tasks then
    return math.ceil(row.open / row.last_size) >= row.slots
  end
  return true
end

-- note_held(row, me): the scanner has tasks of the scan now, and it was its turn.
local function note_held(row, me)
  if not me.held[row.scan] then
    me.held[row.scan], me.distinct = true, me.distinct + 1
  end
  me.cursor = row.receipt
end

-- hand_out(rows, me, limit, now): round robin over the window, one slice of each scan in succession,
-- beginning after the receipt where this scanner's last claim stopped. Returns the tasks; a scan that
-- was asked for a slice, gave none and stays ready is passed over (me.passed).
local function hand_out(rows, me, limit, now)
  local tasks, count, turn, idle, all = { nil, nil, nil, nil }, 0, 0, 0, #rows
  for i = 1, all do
    local row = rows[i]
    row.looks = math.max(LOOKS_AT_LEAST, math.floor(LOOKS_AT_MOST / all))
    if row.receipt <= me.cursor then
      turn = i
    end
  end
  me.rows = rows
  while idle < all and count < limit and me.tasks > 0 and me.targets > 0 do
    turn = turn % all + 1
    local row, task = rows[turn], nil
    if not row.over and may_take(row, me) then
      me.left = limit - count
      task = take(row, me, now)
      if not row.last_size and not row.left then
        me.passed[row.scan] = true
      end
    end
    if task then
      count, idle = count + 1, 0
      tasks[count] = task
      note_held(row, me)
    else
      row.over, idle = true, idle + 1
    end
  end
  for i = 1, all do
    local row = rows[i]
    put_back(row)
    if row.last_size then
      count_out(row, me)
    end
  end
  if count > 0 then
    list_out(tasks, me, now)
  end
  return tasks
end
