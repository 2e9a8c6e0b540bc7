-- include: keys
-- include: text
-- renew(task, now, lease_ms): a running task's lease begins anew.
local function renew(task, now, lease_ms)
  redis.call('ZADD', key('leases'), 'XX', 'GT', text(now + lease_ms), task.id)
end

-- watch(task, changed, stall_ms): when its progress counts as stalled: never sooner than three times
-- its expected duration.
local function watch(task, changed, stall_ms)
  local patience = math.max(stall_ms, 3 * tonumber(task.expected))
  redis.call('ZADD', key('stalls'), text(changed + patience), task.id)
end
