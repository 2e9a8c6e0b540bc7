-- include: keys
-- include: text
-- include: record
-- include: withdraw
-- include: alarm
local FINISHED = { completed = true, failed = true, canceled = true }

-- set_status(scan, from, to, reason, now): the only place where a scan's status changes. A finished scan
-- leaves its queues.
local function set_status(scan, from, to, reason, now)
  redis.call('ZREM', key('scans', from), scan)
  redis.call('ZADD', key('scans', to), scan, scan)
  redis.call('HSET', key('scan', scan), 'status', to, 'reason', reason, 'since', text(now))
  record(scan, now, 'scan-' .. to, 'reason', reason)
  if to ~= 'running' then
    clear_alarm('scan-stalled', scan, now)
  end
  if FINISHED[to] then
    withdraw(scan)
    redis.call('DEL', key('scan', scan, 'jobs'), key('scan', scan, 'open'), key('scan', scan, 'blocked'),
      key('scan', scan, 'waiters'), key('scan', scan, 'turns'))
    redis.call('SREM', key('named'), scan)
    local ports = redis.call('HGET', key('scan', scan), 'port_list')
    if ports then
      redis.call('SREM', key('port-list', ports, 'scans'), scan)
    end
    redis.call('HSET', key('scan', scan), 'finished', text(now))
    clear_alarm('scan-stuck', scan, now)
  end
end
