-- include: keys
-- include: queue
-- include: scan
-- include: site
local READ_AT_MOST = 100

-- gather(queues): the ready scans of these queues by receipt, each once (scan, receipt), with the task slots of the
-- largest queue through which it came.
local function gather(queues)
  local rows, by_scan = {}, {}
  for n = 1, #queues do
    local queue, q = queues[n], queue_of(queues[n])
    local slots = q.slots and tonumber(q.slots) or 0
    local ready = q.retired and {}
      or redis.call('ZRANGE', key('queue', queue, 'ready'), 0, READ_AT_MOST - 1, 'WITHSCORES')
    for i = 1, #ready, 2 do
      local row = by_scan[ready[i]]
      if not row then
        row = { scan = ready[i], receipt = tonumber(ready[i + 1]), slots = slots }
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

-- read_row(ready, s): what a claim needs to know of a ready scan, with room for what it does with it.
local function read_row(ready, s)
  return { scan = ready.scan, receipt = ready.receipt, slots = ready.slots, open = tonumber(s.open),
    ports = tonumber(s.ports), rules = rules_of(s), hosts_per_task = s.hosts_per_task and tonumber(s.hosts_per_task),
    budget = own_budget(ready.scan, s.rate), port_rate = port_rate(s.port_list), tasks = {}, size = 0, last_size = nil,
    looks = 0, rest = nil, rate = nil, bound = nil }
end

-- window(queues, held, cap_jobs, able, passed): the first scans by receipt that this scanner can do, as
-- many as its job capacity; one of which it holds tasks takes a place even with nothing more to hand out,
-- one that was passed over takes none.
local function window(queues, held, cap_jobs, able, passed)
  local rows, by_scan = gather(queues)
  local room = cap_jobs
  for scan in pairs(held) do
    room = room - ((by_scan[scan] and not passed[scan]) and 0 or 1)
  end
  local within = {}
  for i = 1, #rows do
    local row = rows[i]
    if #within >= room then
      break
    end
    if not passed[row.scan] then
      local s = scan_on_offer(row.scan)
      if able(s.engine) then
        within[#within + 1] = read_row(row, s)
      end
    end
  end
  return within
end
