-- include: keys
local EVENTS_KEPT = 1000

-- record(scan, now, action, …): appends to the scan's history; … are names and values.
local function record(scan, now, action, ...)
  redis.call('XADD', key('scan', scan, 'events'), 'MAXLEN', '~', EVENTS_KEPT, '*',
    'at', now, 'action', action, ...)
end
