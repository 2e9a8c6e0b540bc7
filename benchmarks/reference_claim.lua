-- The least that a claim can be: twelve redis.calls, one scanner, one scan, no choice to make.
-- What it leaves out is what a dispatcher is for: windows, budgets, capacities, fencing, repetition.
-- KEYS[1] the root of the keys   ARGV[1] scanner   ARGV[2] version of its record   ARGV[3] lease_ms
-- Returns {'ok', task} with the task as the product's claim describes one, or {'stale'} and changes nothing.
-- Guarantees: the task is counted and leased, as long as nobody else asks.
local root, scanner = KEYS[1] .. ':', ARGV[1]
local me = root .. 'scanner:' .. scanner
local s = redis.call('HMGET', me, 'auth', 'drain', 'wait_until', 'engines', 'groups', 'cap_targets', 'cap_tasks',
  'cap_jobs', 'targets', 'tasks', 'rate', 'cursor', 'retired')
if s[1] ~= ARGV[2] or tonumber(s[10]) >= tonumber(s[7]) then
  return { 'stale' }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local scan = redis.call('ZRANGE', root .. 'queue:s' .. scanner .. ':ready', 0, 0)[1]
local row = redis.call('HMGET', root .. 'scan:' .. scan, 'job', 'ports', 'rate', 'hosts_per_task', 'max_attempts', 'status',
  'open', 'out', 'engine', 'segment')
local open = root .. 'scan:' .. scan .. ':open'
local first, last, rest = string.match(redis.call('LPOP', open), '^(%d+):(%d+)(.*)$')
local ends = first + tonumber(row[4])
redis.call('LPUSH', open, string.format('%.0f:%s%s', ends, last, rest))
local id = string.format('%.0f', time[1] * 1000000 + time[2])
local lease = string.format('%.0f', now + ARGV[3])
redis.call('HSET', root .. 'task:' .. id, 'scan', scan, 'scanner', scanner, 'first', first, 'last',
  string.format('%.0f', ends), 'segment', '1', 'attempt', '1', 'holders', scanner, 'status', 'claimed', 'claimed',
  string.format('%.0f', now), 'expires', lease, 'rate', '1000', 'rated_by', '', 'ports', row[2], 'strikes', '0', 'hosts',
  row[4])
redis.call('ZADD', root .. 'leases', lease, id)
redis.call('ZADD', root .. 'scan:' .. scan .. ':tasks', id, id)
redis.call('ZADD', me .. ':tasks', lease, id)
redis.call('HINCRBY', me, 'tasks', 1)
redis.call('HINCRBY', root .. 'scan:' .. scan, 'out', 1)
return { 'ok', '0', { id, '1', scan, first, string.format('%.0f', ends), row[10], '1000', '', row[1] } }
