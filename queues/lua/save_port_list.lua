-- Creates a list of ports, or changes one.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] port list, '' for a new one   ARGV[3] name of the request or ''
-- ARGV[4] digest of the request   ARGV[5…] fields of its record and their values, alternating
-- Returns {'ok', id} | {'repeated', id} | {'reused'} | {'not_found'}
-- Guarantees: a refused or repeated request changes nothing.
-- include: clock
-- include: new_id
-- include: repeated
-- include: write_back
local now, id = clock(ARGV[1]), ARGV[2]
local before = repeated(ARGV[3], ARGV[4])
if before ~= nil then
  return { before and 'repeated' or 'reused', before or nil }
end
if id ~= '' and redis.call('EXISTS', key('port-list', id)) == 0 then
  return { 'not_found' }
end

if id == '' then
  id = new_id(now)
  redis.call('ZADD', key('port-lists'), id, id)
  redis.call('HSET', key('port-list', id), 'created', now)
end
for i = 5, #ARGV, 2 do
  redis.call('HSET', key('port-list', id), ARGV[i], ARGV[i + 1])
end
remember(ARGV[3], ARGV[4], id)
write_back()
return { 'ok', id }
