-- Creates a rule of a site, or changes one: a subnet, an exclusion or a scope.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] 'subnet', 'exclusion' or 'scope'   ARGV[3] its id, '' for a new one
-- ARGV[4] name of the request or ''   ARGV[5] digest of the request
-- ARGV[6] version of the rules that it was checked against, '' where none was needed
-- ARGV[7…] fields of its record and their values, alternating; a new one has a cidr among them
-- Returns {'ok', id} | {'repeated', id} | {'reused'} | {'not_found'} | {'rules_changed'} | {'taken', cidr}
--   | {'too_many_rules', most} | {'named_scan', scan} for a new subnet while names are being scanned
-- Guarantees: one rule of a kind for a CIDR; the site's rules have a new version if a CIDR came or changed,
-- and only then; a lowered limit takes nothing back, and 'peak' is what was granted above it; what waits for a subnet that
-- moved is cut anew by the next claims.
-- include: clock
-- include: text
-- include: new_id
-- include: repeated
-- include: rule
-- include: freed
-- include: sharers
-- include: site
-- include: write_back
local now, kind, id = clock(ARGV[1]), ARGV[2], ARGV[3]
local before = repeated(ARGV[4], ARGV[5])
if before ~= nil then
  return { before and 'repeated' or 'reused', before or nil }
end
local is_new, wanted = id == '', {}
local old = not is_new and redis.call('HGET', rule_key(kind, id), 'cidr')
for i = 7, #ARGV, 2 do
  wanted[ARGV[i]] = ARGV[i + 1]
end
local moves = wanted.cidr and wanted.cidr ~= old
if not (is_new or old) then
  return { 'not_found' }
elseif is_new and kind == 'subnet' and redis.call('EXISTS', key('named')) == 1 then
  return { 'named_scan', redis.call('SORT', key('named'), 'LIMIT', 0, 1)[1] }
elseif ARGV[6] ~= '' and ARGV[6] ~= rules_of(site()) then
  return { 'rules_changed' }
elseif moves and redis.call('HEXISTS', key('cidrs', kind), wanted.cidr) == 1 then
  return { 'taken', wanted.cidr }
elseif is_new and redis.call('ZCARD', rule_index(kind)) >= RULES_AT_MOST then
  return { 'too_many_rules', text(RULES_AT_MOST) }
end

if is_new then
  id = new_id(now)
  redis.call('ZADD', rule_index(kind), id, id)
  redis.call('HSET', rule_key(kind, id), 'created', now)
elseif kind == 'subnet' then
  if wanted.rate then
    local granted = redis.call('HGET', key('subnet', id, 'grants'), 'all') or '0'
    redis.call('HDEL', key('subnet', id), 'peak')
    if tonumber(granted) > tonumber(wanted.rate) then
      redis.call('HSET', key('subnet', id), 'peak', granted)
    end
  end
  look_again_at(id)
  stir_sharers('subnet', id)
end
if moves then
  redis.call('HDEL', key('cidrs', kind), old or '')
  redis.call('HSET', key('cidrs', kind), wanted.cidr, id)
  renew_rules(now)
  if kind == 'subnet' and redis.call('EXISTS', key('subnet', id, 'blocked')) == 1 then
    redis.call('HSET', key('subnet', id), 'moved', 0)
  end
end
for i = 7, #ARGV, 2 do
  redis.call('HSET', rule_key(kind, id), ARGV[i], ARGV[i + 1])
end
remember(ARGV[4], ARGV[5], id)
write_back()
return { 'ok', id }
