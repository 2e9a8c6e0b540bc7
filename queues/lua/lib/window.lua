-- include: keys
local READ_AT_MOST = 100

-- gather(queues): the ready scans of these queues by receipt, each once, with the task slots of the
-- largest queue through which it came.
local function gather(queues)
  local rows, by_scan = {}, {}
  for _, queue in ipairs(queues) do
    local q = redis.call('HMGET', key('queue', queue), 'slots', 'retired')
    local slots = tonumber(q[1] or '0')
    local ready = q[2] and {}
      or redis.call('ZRANGE', key('queue', queue, 'ready'), 0, READ_AT_MOST - 1, 'WITHSCORES')
    for i = 1, #ready, 2 do
      local row = by_scan[ready[i]]
      if not row then
        row = { scan = ready[i], receipt = tonumber(ready[i + 1]), slots = 0 }
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
  row.open, row.ports, row.rules = tonumber(s[2]), tonumber(s[3]), s[6] or '0'
  row.hosts_per_task = tonumber(s[5] or '')
  if s[4] and s[4] ~= '' then
    row.budget = { kind = 'scan', id = row.scan, limit = tonumber(s[4]), name = 'scan' }
  end
  if s[7] and s[7] ~= '' then
    row.port_rate = tonumber(redis.call('HGET', key('port-list', s[7]), 'rate') or '')
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
      local s = redis.call('HMGET', key('scan', row.scan), 'engine', 'open', 'ports', 'rate', 'hosts_per_task',
        'rules', 'port_list')
      if able(s[1]) then
        within[#within + 1] = read_row(row, s)
      end
    end
  end
  return within
end
