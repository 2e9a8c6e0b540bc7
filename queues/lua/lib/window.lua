-- include: keys
-- include: queue
-- include: scan
-- include: site
local READ_AT_MOST = 100

-- gather(queues): the ready scans of these queues by receipt, each once, with the task slots of the
-- largest queue through which it came.
local function gather(queues)
  local rows, by_scan = {}, {}
  for _, queue in ipairs(queues) do
    local q = queue_of(queue)
    local slots = q.slots and tonumber(q.slots) or 0
    local ready = q.retired and {}
      or redis.call('ZRANGE', key('queue', queue, 'ready'), 0, READ_AT_MOST - 1, 'WITHSCORES')
    for i = 1, #ready, 2 do
      local row = by_scan[ready[i]]
      if not row then
        row = { scan = ready[i], receipt = tonumber(ready[i + 1]), slots = 0, open = 0, ports = 0, rules = 0, looks = 0,
          tasks = {}, size = 0, last_size = nil, over = false, left = false, rest = nil, budget = nil, rate = nil,
          bound = nil }
        by_scan[ready[i]] = row
        rows[#rows + 1] = row
      end
      row.slots = math.max(row.slots, slots)
    end
  end
  table.sort(rows, function(a, b) return a.receipt < b.receipt end)
  return rows, by_scan
end

-- read_row(row, s): what a claim needs to know of a ready scan.
local function read_row(row, s)
  row.open, row.ports, row.rules = tonumber(s.open), tonumber(s.ports), rules_of(s)
  row.hosts_per_task = s.hosts_per_task and tonumber(s.hosts_per_task)
  if s.rate and s.rate ~= '' then
    row.budget = { kind = 'scan', id = row.scan, limit = tonumber(s.rate), name = 'scan' }
  end
  if s.port_list and s.port_list ~= '' then
    row.port_rate = tonumber(redis.call('HGET', key('port-list', s.port_list), 'rate') or '')
  end
  return row
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
  for _, row in ipairs(rows) do
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
