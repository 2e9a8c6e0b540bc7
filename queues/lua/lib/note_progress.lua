-- include: keys
-- include: text
-- include: alarm
-- include: renew
-- note_progress(task, progress, results, now, stall_ms): what a holder reports; only a changed
-- progressCount counts as progress.
local function note_progress(task, progress, results, now, stall_ms)
  redis.call('HSET', key('task', task.id), 'progress', progress, 'results', results)
  if progress ~= task.progress then
    redis.call('HINCRBY', key('scan', task.scan), 'advanced', text(
      math.min(tonumber(progress), task.size) - math.min(tonumber(task.progress), task.size)))
    redis.call('HSET', key('scan', task.scan), 'active', text(now))
    watch(task, now, stall_ms)
    if task.stalled ~= '' then
      redis.call('HDEL', key('task', task.id), 'stalled')
      clear_alarm('task-stalled', task.id, now)
    end
  end
end
