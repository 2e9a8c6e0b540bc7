-- A scanner begins a task.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] version of its record   ARGV[4] task   ARGV[5] attempt or ''
-- ARGV[6] lease_ms   ARGV[7] stall_ms
-- Returns {'ok'} | {'stale'} | {'not_found'} | {'not_owned'} | {'lease_lost'} | {'ended'}
-- Guarantees: repeating it is harmless and renews the lease; the scan runs from its first start.
-- include: clock
-- include: is_stale
-- include: touch
-- include: task
-- include: renew
-- include: set_status
local now, scanner, id = clock(ARGV[1]), ARGV[2], ARGV[4]
if is_stale(scanner, ARGV[3]) then
  return { 'stale' }
end
local task = load_task(id)
local word = task and fence(task, scanner, ARGV[5]) or 'not_found'
if word ~= 'ok' then
  return { word }
end
touch(scanner, now)
if task.status == 'claimed' then
  local scan = key('scan', task.scan)
  redis.call('HSET', key('task', id), 'status', 'running', 'started', text(now))
  redis.call('HINCRBY', scan, 'claimed', -1)
  redis.call('HINCRBY', scan, 'running', 1)
  redis.call('ZREM', key('scanner', scanner, 'unstarted'), task.request .. ':' .. id)
  redis.call('HSETNX', scan, 'started', text(now))
  redis.call('HSET', scan, 'active', text(now))
  if redis.call('HGET', scan, 'status') == 'pending' then
    set_status(task.scan, 'pending', 'running', 'its first task was started', now)
  end
  watch(task, now, tonumber(ARGV[7]))
end
renew(task, now, tonumber(ARGV[6]))
return { 'ok' }
