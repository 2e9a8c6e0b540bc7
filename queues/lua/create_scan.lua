-- Creates a scan, and puts its jobs at the end of their queues.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] name of the request or ''   ARGV[3] digest of the request
-- ARGV[4] how many addresses   ARGV[5] how many fields   ARGV[6] how many queues
-- ARGV[7…] fields of its record and their values, then queues, then segments ('start:end' and text)
-- Returns {'ok', id} | {'repeated', id} | {'reused'} | {'unknown_queue', queue}
-- Guarantees: one receipt number for all its jobs; nothing is expanded: its size is that of its target list.
-- include: clock
-- include: new_id
-- include: repeated
-- include: keys
-- include: text
local now, total = clock(ARGV[1]), ARGV[4]
local fields_end = 6 + 2 * tonumber(ARGV[5])
local queues_end = fields_end + tonumber(ARGV[6])
local before = repeated(ARGV[2], ARGV[3])
if before ~= nil then
  return { before and 'repeated' or 'reused', before or nil }
end
for i = fields_end + 1, queues_end do
  local queue = redis.call('HMGET', key('queue', ARGV[i]), 'cap', 'retired')
  if not queue[1] or queue[2] then
    return { 'unknown_queue', ARGV[i] }
  end
end

local id = new_id(now)
local scan, receipt = key('scan', id), redis.call('HINCRBY', SITE, 'receipt', 1)
for i = 7, fields_end, 2 do
  redis.call('HSET', scan, ARGV[i], ARGV[i + 1])
end
redis.call('HSET', scan, 'receipt', receipt, 'status', 'pending', 'reason', 'created', 'since', text(now),
  'created', text(now), 'total', total, 'open', total, 'in_flight', '0', 'done', '0', 'failed', '0',
  'excluded', '0', 'dropped', '0', 'results', '0', 'claimed', '0', 'running', '0', 'expired', '0',
  'tasks_completed', '0', 'tasks_failed', '0')
for i = queues_end + 1, #ARGV, 2 do
  local segment = text((i - queues_end - 1) / 2)
  redis.call('RPUSH', key('scan', id, 'open'), ARGV[i] .. ':' .. segment .. ':')
  redis.call('HSET', key('scan', id, 'segments'), segment, ARGV[i + 1])
end
for i = fields_end + 1, queues_end do
  redis.call('HSET', key('scan', id, 'jobs'), ARGV[i], 'listed')
  redis.call('RPUSH', key('queue', ARGV[i], 'waiting'), id)
end
redis.call('ZADD', key('scans'), id, id)
redis.call('ZADD', key('scans', 'pending'), id, id)
remember(ARGV[2], ARGV[3], id)
return { 'ok', id }
