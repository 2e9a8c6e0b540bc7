-- include: keys
-- include: able
-- include: queue
-- include: scan
-- include: site
local READ_AT_MOST = 100

-- gather(me): the ready scans of the scanner's queues by receipt, each once (scan, receipt), with the task slots of the
-- largest queue through which it came. Of its own queue nothing is read: its slots are the scanner's, and claimer has
-- refused one that is retired.
local function gather(me)
  local rows, by_scan = { nil, nil }, {}
  for n = 1, #me.queues do
    local queue, slots, ready = me.queues[n], me.cap_tasks, nil
    if n > 1 then
      slots = tonumber(queue_of(queue).slots or '0')
      ready = queue_of(queue).retired and {}
    end
    ready = ready or redis.call('ZRANGE', key('queue', queue, 'ready'), 0, READ_AT_MOST - 1, 'WITHSCORES')
    for i = 1, #ready, 2 do
      local row = by_scan[ready[i]]
      if not row then
        row = { scan = ready[i], receipt = ready[i + 1] + 0, slots = slots }
        by_scan[ready[i]] = row
        rows[#rows + 1] = row
      end
      row.slots = math.max(row.slots, slots)
    end
  end
  if #rows > 1 then
    table.sort(rows, function(a, b) return a.receipt < b.receipt end)
  end
  return rows, by_scan
end

local function own_budget(scan, rate)
  return rate and rate ~= '' and { kind = 'scan', id = scan, limit = tonumber(rate), name = 'scan' } or nil
end

local function port_rate(list)
  return list and list ~= '' and tonumber(redis.call('HGET', key('port-list', list), 'rate') or '') or nil
end

-- read_row(ready, scan): what a claim needs to know of a ready scan, with room for what it does with it; entries: its tasks
-- that the claim has begun (key, score, member, …).
local function read_row(ready, scan)
  return { scan = ready.scan, receipt = ready.receipt, slots = ready.slots, open = scan.open + 0,
    ports = scan.ports + 0, hosts_per_task = tonumber(scan.hosts_per_task or ''),
    budget = own_budget(ready.scan, scan.rate), port_rate = port_rate(scan.port_list), size = 0,
    entries = { scan[1] .. ':tasks', nil, nil, nil, nil }, last_size = nil, looks = 0, took_front = false, rest = nil,
    rate = nil, bound = nil }
end

-- window(me): the first scans by receipt that this scanner (claimer) can do, as many as its job capacity; one of
-- which it holds tasks takes a place even with nothing more to hand out, one that was passed over takes none. Returns
-- their rows, and one of the scans that must first be cut anew, if any must.
local function window(me)
  local rows, by_scan = gather(me)
  local room = me.cap_jobs
  for scan in pairs(me.held) do
    room = room - ((by_scan[scan] and not me.passed[scan]) and 0 or 1)
  end
  local within, outdated = { nil, nil }, nil
  for i = 1, #rows do
    local row = rows[i]
    if #within >= room then
      break
    end
    if not me.passed[row.scan] then
      local s = scan_on_offer(row.scan)
      if is_able(me.engines, s.engine) then
        within[#within + 1] = read_row(row, s)
        outdated = outdated or rules_of(s) ~= me.rules and row.scan or nil
      end
    end
  end
  return within, outdated
end
