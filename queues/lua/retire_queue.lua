-- Begins, or takes back, the deletion of a scanner's or a group's queue.
-- KEYS[1] the site
-- ARGV[1] queue   ARGV[2] '1' to begin, '0' to take it back
-- Returns {'ok'} | {'not_found'}
-- Guarantees: a retired queue takes no new scans, and nothing of it is handed out; a retired scanner is
-- handed nothing at all, and upkeep finishes its deletion.
-- include: presence
local queue, scanner = key('queue', ARGV[1]), string.match(ARGV[1], '^s(%d+)$')
if redis.call('EXISTS', queue) == 0 then
  return { 'not_found' }
elseif ARGV[2] == '1' then
  redis.call('HSET', queue, 'retired', '1')
else
  redis.call('HDEL', queue, 'retired')
end
if scanner and ARGV[2] == '1' then
  redis.call('HSET', key('scanner', scanner), 'retired', '1')
  redis.call('SADD', key('retiring'), scanner)
elseif scanner then
  redis.call('HDEL', key('scanner', scanner), 'retired')
  redis.call('SREM', key('retiring'), scanner)
end
if scanner then
  update_presence(scanner)
end
return { 'ok' }
