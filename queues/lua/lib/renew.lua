-- include: keys
-- include: members
-- renew(task, now, lease_ms): a running task's lease begins anew.
local function renew(task, now, lease_ms)
  redis.call('ZADD', key('leases'), 'XX', 'GT', now + lease_ms, task.id)
end

-- watch(task, changed, stall_ms): when its progress counts as stalled: never sooner than three times
-- its expected duration.
local function watch(task, changed, stall_ms)
  score(key('stalls'), task.id, changed + math.max(stall_ms, 3 * task.expected))
end
