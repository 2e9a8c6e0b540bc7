-- include: keys
-- include: able
-- include: text
-- include: scan
-- include: scanner
-- include: site
-- include: enroll
-- include: place
-- include: records
local WAITS_AT_MOST, CLOSED_AT_MOST = 16, 4

-- wait_for(me, kind, id): a scanner found too little of a budget.
local function wait_for(me, kind, id)
  local name = kind .. ':' .. id
  if not me.wanted[name] and #me.wanted < WAITS_AT_MOST then
    me.wanted[name] = true
    me.wanted[#me.wanted + 1] = name
  end
end

-- want_of(me, scan): it waits for what a closed scan waits for, if it may work on it; one that was cut
-- under other rules is noted (me.outdated).
local function want_of(me, scan)
  local s = scan_of(scan)
  if not is_able(me.engines, s.engine) or not (me.held[scan] or me.distinct < me.cap_jobs) then
    return
  elseif rules_of(s) ~= me.rules then
    me.outdated = me.outdated or scan
  end
  if s.spent then
    return wait_for(me, 'scan', scan)
  end
  local first = redis.call('ZRANGE', key('scan', scan, 'blocked'), 0, 0, 'WITHSCORES')
  local subnet = first[2] and text(tonumber(first[2]))
  if subnet and redis.call('EXISTS', key('subnet', subnet)) == 1 then
    wait_for(me, 'subnet', subnet)
  end
end

-- count_in(name, me, now): it counts among those that wait for a budget if it holds nothing of it.
local function count_in(name, me, now)
  local kind, id = string.match(name, '^([a-z]+):(%d+)$')
  if redis.call('HEXISTS', key(kind, id, 'grants'), me.id) == 0 then
    forget(kind, id, now)
    enroll(kind, id, me.id, now)
  end
end

-- settle_waits(me, now): at the end of a claim: a scanner that can take more waits for what was refused to
-- it and for what the first closed scans of its queues wait for, and for nothing else.
local function settle_waits(me, now)
  if me.tasks <= 0 or me.targets <= 0 then
    me.wanted = {}
  elseif not me.is_quiet or has_put_aside() then
    for _, queue in ipairs(me.queues) do
      for _, scan in ipairs(redis.call('ZRANGE', key('queue', queue, 'closed'), 0, CLOSED_AT_MOST - 1)) do
        want_of(me, scan)
      end
    end
  end
  if me.waits ~= '' then
    for kind, id in string.gmatch(me.waits, '([a-z]+):(%d+)') do
      if not me.wanted[kind .. ':' .. id] then
        give_up(kind, id, me.id)
      end
    end
  end
  for i = 1, #me.wanted do
    count_in(me.wanted[i], me, now)
  end
  if #me.wanted > 0 then
    set(scanner_of(me.id), 'waits', table.concat(me.wanted, ','))
    set(scanner_of(me.id), 'waited', now)
    set(scanner_of(me.id), 'least', me.asked.least_rate)
  elseif me.waits ~= '' then
    set(scanner_of(me.id), 'waits', false)
    set(scanner_of(me.id), 'waited', false)
    set(scanner_of(me.id), 'least', false)
  end
end
