-- Creates a scan, and puts its jobs at the end of their queues.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] name of the request or ''   ARGV[3] digest of the request
-- ARGV[4] how many addresses   ARGV[5] version of the site's rules that it was cut under
-- ARGV[6] its port list or ''   ARGV[7] '1' if it has names   ARGV[8] how many fields
-- ARGV[9] how many queues   ARGV[10] how many segments
-- ARGV[11…] fields of its record and their values, then queues, segments (text), open intervals
-- Returns {'ok', id} | {'repeated', id} | {'reused'} | {'unknown_queue', queue} | {'unknown_port_list', id}
--   | {'rules_changed'}
-- Guarantees: one receipt number for all its jobs; nothing is expanded: its size is that of its target list.
-- include: clock
-- include: new_id
-- include: repeated
-- include: keys
-- include: site
-- include: push
-- include: rouse
-- include: write_back
-- include: known
-- include: records
local now, total, ports = clock(ARGV[1]), ARGV[4], ARGV[6]
local queues = 10 + 2 * tonumber(ARGV[8])
local segments = queues + tonumber(ARGV[9])
local intervals = segments + tonumber(ARGV[10])
local before = repeated(ARGV[2], ARGV[3])
if before ~= nil then
  return { before and 'repeated' or 'reused', before or nil }
end
if rules_of(site()) ~= ARGV[5] then
  return { 'rules_changed' }
end
if ports ~= '' and redis.call('EXISTS', key('port-list', ports)) == 0 then
  return { 'unknown_port_list', ports }
end
for i = queues + 1, segments do
  local queue = read(record_of('queue', ARGV[i]), { 'cap', 'retired' })
  if not queue.cap or queue.retired then
    return { 'unknown_queue', ARGV[i] }
  end
end

local id = new_id(now)
local scan, receipt = record_of('scan', id), add(site(), 'receipt', 1)
for i = 11, queues, 2 do
  set(scan, ARGV[i], ARGV[i + 1])
end
for name, value in pairs({ receipt = receipt, status = 'pending', reason = 'created', since = now,
  created = now, total = total, open = total, in_flight = '0', done = '0', failed = '0', excluded = '0',
  dropped = '0', results = '0', claimed = '0', running = '0', expired = '0', tasks_completed = '0',
  tasks_failed = '0' }) do
  set(scan, name, value)
end
if ARGV[5] ~= '0' then
  set(scan, 'rules', ARGV[5])
end
if ports ~= '' then
  set(scan, 'port_list', ports)
  redis.call('SADD', key('port-list', ports, 'scans'), id)
end
if ARGV[7] == '1' then
  redis.call('SADD', key('named'), id)
end
for i = segments + 1, intervals do
  redis.call('HSET', key('scan', id, 'segments'), i - segments - 1, ARGV[i])
end
push('RPUSH', key('scan', id, 'open'), intervals + 1, #ARGV)
for i = queues + 1, segments do
  redis.call('HSET', key('scan', id, 'jobs'), ARGV[i], 'listed')
  redis.call('RPUSH', key('queue', ARGV[i], 'waiting'), id)
end
stir(id)
redis.call('ZADD', key('scans'), id, id)
redis.call('ZADD', key('scans', 'pending'), id, id)
remember(ARGV[2], ARGV[3], id)
write_back()
return { 'ok', id }
