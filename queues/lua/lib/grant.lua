-- include: keys
-- include: text
-- grant(row, limits): the rate of the next task of a scan, in probes per second, and which limit bound
-- it; nil where less than the least rate is left of the scan's own budget. Slowest wins; the scan's limit
-- is shared over the task slots of its queue. No limit at all gives '' and counts as default_rate when
-- slices are sized. A scan whose whole limit is below the least rate is not stuck: it has one task.
local function grant(row, limits)
  local rate, bound = limits.scanner_rate, limits.scanner_rate and 'scanner' or ''
  if row.rate then
    local granted = tonumber(redis.call('HGET', key('scan', row.scan), 'granted') or '0')
    local least = math.min(limits.least_rate, row.rate)
    local share = math.max(least, math.floor(row.rate / math.max(1, row.slots)))
    local left = math.min(share, row.rate - granted)
    if left < least then
      return nil
    end
    if not rate or left < rate then
      rate, bound = left, 'scan'
    end
  end
  return rate and text(rate) or '', bound
end
