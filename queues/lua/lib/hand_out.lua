-- include: keys
-- include: text
-- include: slice
-- include: grant
-- include: begin_lease
-- include: withdraw
-- speed_of(rate, bound, me): how fast a task will go: a scanner shares its own limit over its tasks.
local function speed_of(rate, bound, me)
  if rate == '' then
    return me.default_rate
  end
  return bound == 'scanner' and math.max(1, tonumber(rate) / me.cap_tasks) or tonumber(rate)
end

-- take(row, me, now): leases the next slice of one scan; returns its task id, or nil where the scan's
-- budget is spent (it leaves ready until some comes back) or what is in front is for others.
local function take(row, me, now)
  local rate, bound = grant(row, me)
  if not rate then
    redis.call('HSET', key('scan', row.scan), 'spent', '1')
    withdraw(row.scan)
    me.look_again = true -- it made room in the window
    return nil
  end
  local speed = speed_of(rate, bound, me)
  local first, last, segment, id = cut(row, slice_size(row, speed, me), me, now)
  if not first then
    return nil
  end
  local expected = math.ceil((last - first) * row.ports * 1000 / speed)
  id = begin_lease({ id = id, scan = row.scan, first = first, last = last, segment = segment,
    scanner = me.id, rate = rate, rated_by = bound, request = me.request, expected = expected },
    now, now + me.claim_ms)
  row.open = row.open - (last - first)
  me.tasks, me.targets = me.tasks - 1, me.targets - (last - first)
  if row.open == 0 then
    withdraw(row.scan)
  end
  return id
end

-- may_take(row, me): whether this scanner may have one more slice of the scan now. While fewer slices
-- remain than a shared queue has task slots, a claim gets one of them at most.
local function may_take(row, me)
  if row.open == 0 or row.spent or (not me.held[row.scan] and me.distinct >= me.cap_jobs) then
    return false
  end
  if row.taken and row.slots > me.cap_tasks then
    return math.ceil(row.open / row.taken_size) >= row.slots
  end
  return true
end

-- hand_out(rows, me, limit, now): round robin over the window, one slice of each scan in succession,
-- beginning after the receipt where this scanner's last claim stopped. Returns the task ids.
local function hand_out(rows, me, limit, now)
  local ids, start = {}, 0
  for i, row in ipairs(rows) do
    if row.receipt <= me.cursor then
      start = i
    end
  end
  local turn, idle = start, 0
  while #rows > 0 and idle < #rows and #ids < limit and me.tasks > 0 and me.targets > 0 do
    turn = turn % #rows + 1
    local row, before = rows[turn], me.targets
    local id = may_take(row, me) and take(row, me, now)
    if id then
      ids[#ids + 1], idle = id, 0
      row.taken, row.taken_size = true, before - me.targets
      me.distinct = me.distinct + (me.held[row.scan] and 0 or 1)
      me.held[row.scan], me.cursor = true, row.receipt
    else
      row.spent, idle = true, idle + 1
    end
  end
  return ids
end
