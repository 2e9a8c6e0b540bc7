-- include: keys
-- include: records
-- include: rouse
local TURNS_STIRRED, HOLDERS_STIRRED = 4, 100

-- stir_sharers(kind, id): those that wait for their share of a budget may have some now, also those that hold some.
local function stir_sharers(kind, id)
  if redis.call('EXISTS', key('polls')) == 0 then
    return
  end
  for _, scanner in ipairs(redis.call('ZRANGE', key(kind, id, 'turns'), 0, TURNS_STIRRED - 1)) do
    stir_scanner(scanner)
  end
  local holders = redis.call('HKEYS', key(kind, id, 'grants'))
  for i = 1, math.min(HOLDERS_STIRRED, #holders) do
    local s = read(record_of('scanner', holders[i]), { 'poll', 'waits' })
    if s.poll and string.find(',' .. (s.waits or '') .. ',', ',' .. kind .. ':' .. id .. ',', 1, true) then
      stir_scanner(holders[i])
    end
  end
end
