-- include: begin
-- include: keys
-- include: polls
-- include: rouse
local TURNS_STIRRED, SHARERS_LOOKED_AT = 4, 16

-- want_more(kind, id): those with a parked poll that hold some of a budget and wait for more.
local function want_more(kind, id)
  local waiting = {}
  for _, holder in ipairs(redis.call('HRANDFIELD', key(kind, id, 'grants'), SHARERS_LOOKED_AT)) do
    local s = read(record_of('scanner', holder), { 'poll', 'waits' })
    local wants = s.poll and string.find(',' .. (s.waits or '') .. ',', ',' .. kind .. ':' .. id .. ',', 1, true)
    waiting[#waiting + 1] = wants and holder or nil
  end
  return waiting
end

-- is_told(what, kind, id): whether this was done for a budget in this call, or nobody waits.
local function is_told(what, kind, id)
  local told, name = kept('told'), what .. kind .. id
  local before = told[name]
  told[name] = true
  return before or redis.call('EXISTS', key('polls')) == 0
end

-- stir_sharers(kind, id): those that wait for their share of a budget may have some now, also those that hold some.
local function stir_sharers(kind, id)
  if is_told('share', kind, id) then
    return
  end
  for _, scanner in ipairs(redis.call('ZRANGE', key(kind, id, 'turns'), 0, TURNS_STIRRED - 1)) do
    stir_scanner(scanner)
  end
  for _, scanner in ipairs(want_more(kind, id)) do
    stir_scanner(scanner)
  end
end

-- stir_behind(kind, id): it is spent: what waits for it makes room, and those that wait for a share of it may have what
-- comes after that in their queues.
local function stir_behind(kind, id)
  if is_told('spent', kind, id) then
    return
  end
  for _, sharers in ipairs({ redis.call('ZRANGE', key(kind, id, 'turns'), 0, SHARERS_LOOKED_AT - 1), want_more(kind, id) }) do
    for _, scanner in ipairs(sharers) do
      for _, queue in ipairs(read(record_of('scanner', scanner), { 'poll' }).poll and each_queue(scanner) or {}) do
        if redis.call('EXISTS', key('queue', queue, 'waiting')) == 1 then
          stir_scanner(scanner)
        end
      end
    end
  end
end

-- tell_sharers(budget, rate, least): so much of it was granted. Where it is spent now, what waits for it makes room; where
-- that was less than was kept for whoever's turn it was, others may have some.
local function tell_sharers(budget, rate, least)
  if budget.limit - budget.all < least then
    stir_behind(budget.kind, budget.id)
  elseif tonumber(rate) < least then
    stir_sharers(budget.kind, budget.id)
  end
end
