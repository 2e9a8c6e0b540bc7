-- Reads some batches of a scan's results, as many as fit into so many bytes.
-- KEYS[1] the site
-- ARGV[1] scan   ARGV[2] after which entry, or '-'   ARGV[3] how many at most   ARGV[4] bytes of results
-- Returns {'ok', entries as XRANGE gives them}; no entries: there are no more
-- Guarantees: writes nothing; whatever sizes the batches have, only the last one passes the bytes.
-- flag: no-writes
-- include: keys
local stream, start = key('scan', ARGV[1], 'results'), ARGV[2]
local entries, bytes = {}, 0
while #entries < tonumber(ARGV[3]) and bytes < tonumber(ARGV[4]) do
  local entry = redis.call('XRANGE', stream, start, '+', 'COUNT', 1)[1]
  if not entry then
    break
  end
  entries[#entries + 1] = entry
  start = '(' .. entry[1]
  for _, value in ipairs(entry[2]) do
    bytes = bytes + #value
  end
end
return { 'ok', entries }
