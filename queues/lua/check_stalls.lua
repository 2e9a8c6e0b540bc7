-- Looks at running tasks whose progress has not changed for long.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] max_task_ms   ARGV[3] how many at most
-- Returns {'ok', how many were looked at}
-- Guarantees: a stalled task first raises an alarm, and is taken back after max_task_ms without progress
-- (both never sooner than three times its expected duration), however often it is renewed.
-- flag: allow-oom
-- include: clock
-- include: text
-- include: task
-- include: take_back
-- include: sweep_due
-- include: write_back
local now, max_task_ms = clock(ARGV[1]), tonumber(ARGV[2])
if has_grace(now) then
  return { 'ok', '0' }
end
local due = redis.call('ZRANGEBYSCORE', key('stalls'), '-inf', now, 'LIMIT', 0, tonumber(ARGV[3]))
for _, id in ipairs(due) do
  local task = load_task(id)
  if not task or task.status ~= 'running' then
    redis.call('ZREM', key('stalls'), id)
  elseif task.stalled ~= '' then
    take_back(task, now)
  else
    set(task, 'stalled', now)
    redis.call('ZADD', key('stalls'), now + math.max(max_task_ms, 3 * tonumber(task.expected)), id)
    raise_alarm('task-stalled', id, 'Task ' .. id .. ' of scan ' .. task.scan .. ' on scanner ' ..
      task.scanner .. ' makes no progress.', now)
  end
end
write_back()
return { 'ok', text(#due) }
