-- A scanner begins a task.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] version of its record   ARGV[4] task   ARGV[5] attempt or ''
-- ARGV[6] lease_ms   ARGV[7] stall_ms
-- Returns {'ok'} | {'stale'} | {'not_found'} | {'not_owned'} | {'lease_lost'} | {'ended'}
-- Guarantees: repeating it is harmless and renews the lease; the scan runs from its first start.
-- include: clock
-- include: scanner
-- include: touch
-- include: fence
-- include: task
-- include: start_task
-- include: write_back
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
start_task(task, now, tonumber(ARGV[7]))
renew(task, now, tonumber(ARGV[6]))
write_back()
return { 'ok' }
