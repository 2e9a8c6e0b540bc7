-- Forgets a scanner or a group whose queue was retired and left.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] 'scanner' or 'group'   ARGV[3] its id
-- Returns {'ok'} | {'not_found'} | {'busy', leases} for a scanner that holds tasks
-- Guarantees: a scanner goes only when its last lease has; a group's members are in it no more.
-- flag: allow-oom
-- include: clock
-- include: text
-- include: membership
-- include: alarm
-- include: write_back
local kind, id = ARGV[2], ARGV[3]
local is_scanner = kind == 'scanner'
local queue = (is_scanner and 's' or 'g') .. id
local record = is_scanner and key('scanner', id) or key('group', id)
if redis.call('EXISTS', record) == 0 then
  return { 'not_found' }
end
if is_scanner then
  local held = redis.call('SCARD', key('scanner', id, 'held'))
  if held > 0 then
    return { 'busy', text(held) }
  end
  redis.call('ZREM', key('online'), id)
  set(record_of('scanner', id), 'online', '0')
  set_groups(id, '')
  stir_scanner(id)
  for _, alarm in ipairs({ 'scanner-offline', 'scanner-failing', 'scanner-duplicated' }) do
    clear_alarm(alarm, id, clock(ARGV[1]))
  end
  redis.call('DEL', key('scanner', id, 'unstarted'))
else
  for _, scanner in ipairs(redis.call('SMEMBERS', key('group', id, 'members'))) do
    set_groups(scanner, without(groups_of(scanner), id))
  end
end
write_back() -- what is to go is not written again
for _, engine in ipairs(redis.call('SMEMBERS', key('queue', queue, 'parked'))) do
  redis.call('DEL', key('queue', queue, 'parked', engine))
end
redis.call('DEL', key('queue', queue), key('queue', queue, 'parked'), key('queue', queue, 'ready'),
  key('queue', queue, 'closed'), key('queue', queue, 'lost'))
redis.call('UNLINK', key('queue', queue, 'waiting'))
redis.call('ZREM', is_scanner and key('scanners') or key('groups'), id)
redis.call('DEL', record)
return { 'ok' }
