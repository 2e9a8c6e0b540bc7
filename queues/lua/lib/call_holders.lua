-- include: keys
-- include: reach
-- include: waiting
-- include: held
-- include: call
-- call_holders(queue, now): those that wait on it though a scan of which they hold tasks has more: it had fallen out of
-- their window.
local function call_holders(queue, now)
  for _, scanner in ipairs(redis.call('ZRANGE', key('queue', queue, 'polls'), 0, LOOKED_AT_MOST - 1)) do
    for scan in scans_held(read(record_of('scanner', scanner), WHO_WAITS)) do
      if tasks_in(scan) > 0 then
        call(scanner, now, scan)
      end
    end
  end
end
