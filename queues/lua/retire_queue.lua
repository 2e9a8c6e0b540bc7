-- Begins, or takes back, the deletion of a scanner's or a group's queue.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] queue   ARGV[3] '1' to begin, '0' to take it back
-- Returns {'ok'} | {'not_found'}
-- Guarantees: a retired queue takes no new scans, and nothing of it is handed out; a retired scanner is
-- handed nothing at all, and upkeep finishes its deletion.
-- flag: allow-oom
-- include: presence
-- include: write_back
local queue, scanner = record_of('queue', ARGV[2]), string.match(ARGV[2], '^s(%d+)$')
if redis.call('EXISTS', queue[1]) == 0 then
  return { 'not_found' }
elseif ARGV[3] == '1' then
  set(queue, 'retired', '1')
else
  set(queue, 'retired', false)
  stir_queue(ARGV[2])
end
if scanner and ARGV[3] == '1' then
  set(record_of('scanner', scanner), 'retired', '1')
  redis.call('SADD', key('retiring'), scanner)
elseif scanner then
  set(record_of('scanner', scanner), 'retired', false)
  redis.call('SREM', key('retiring'), scanner)
end
if scanner then
  update_presence(scanner)
end
write_back()
return { 'ok' }
