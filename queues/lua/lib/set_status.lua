-- include: keys
-- include: scan
-- include: record
-- include: open_list
-- include: withdraw
-- include: alarm
local FINISHED = { completed = true, failed = true, canceled = true }

-- set_status(scan, from, to, reason, now): the only place where a scan's status changes. A finished scan
-- leaves its queues.
local function set_status(scan, from, to, reason, now)
  local at = scan_of(scan)
  redis.call('ZREM', key('scans', from), scan)
  redis.call('ZADD', key('scans', to), scan, scan)
  set(at, 'status', to)
  set(at, 'reason', reason)
  set(at, 'since', now)
  record(scan, now, 'scan-' .. to, 'reason', reason)
  if to ~= 'running' then
    clear_alarm('scan-stalled', scan, now)
  end
  if FINISHED[to] then
    withdraw(scan)
    redis.call('DEL', key('scan', scan, 'jobs'), key('scan', scan, 'blocked'), key('scan', scan, 'waiters'),
      key('scan', scan, 'turns'))
    drop_open(scan)
    redis.call('SREM', key('named'), scan)
    local ports = at.port_list
    if ports then
      redis.call('SREM', key('port-list', ports, 'scans'), scan)
    end
    set(at, 'finished', now)
    clear_alarm('scan-stuck', scan, now)
  end
end
