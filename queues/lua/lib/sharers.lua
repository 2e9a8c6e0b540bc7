-- include: keys
-- include: polls
-- include: rouse
local TURNS_STIRRED, SHARERS_LOOKED_AT = 4, 100

-- want_more(kind, id): those with a parked poll that hold some of a budget and wait for more.
local function want_more(kind, id)
  local holders, waiting = redis.call('HKEYS', key(kind, id, 'grants')), {}
  for i = 1, math.min(SHARERS_LOOKED_AT, #holders) do
    local s = read(record_of('scanner', holders[i]), { 'poll', 'waits' })
    local wants = s.poll and string.find(',' .. (s.waits or '') .. ',', ',' .. kind .. ':' .. id .. ',', 1, true)
    waiting[#waiting + 1] = wants and holders[i] or nil
  end
  return waiting
end

-- stir_sharers(kind, id): those that wait for their share of a budget may have some now, also those that hold some.
local function stir_sharers(kind, id)
  if redis.call('EXISTS', key('polls')) == 0 then
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
  if redis.call('EXISTS', key('polls')) == 0 then
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
