-- Deletes a list of ports.
-- KEYS[1] the site
-- ARGV[1] port list
-- Returns {'ok'} | {'not_found'} | {'in_use', scan}
-- Guarantees: a list that an unfinished scan uses stays.
-- flag: allow-oom
-- include: keys
local id = ARGV[1]
if redis.call('EXISTS', key('port-list', id)) == 0 then
  return { 'not_found' }
elseif redis.call('EXISTS', key('port-list', id, 'scans')) == 1 then
  return { 'in_use', redis.call('SORT', key('port-list', id, 'scans'), 'LIMIT', 0, 1)[1] }
end
redis.call('ZREM', key('port-lists'), id)
redis.call('DEL', key('port-list', id))
return { 'ok' }
