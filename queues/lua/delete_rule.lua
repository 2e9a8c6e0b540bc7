-- Deletes a rule of a site: a subnet, an exclusion or a scope.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] 'subnet', 'exclusion' or 'scope'   ARGV[3] its id
-- Returns {'ok'} | {'not_found'}
-- Guarantees: the site's rules have a new version; what waited for a subnet's budget is not forgotten: the
-- next claims bring it back.
-- flag: allow-oom
-- include: clock
-- include: rule
-- include: freed
-- include: sharers
-- include: write_back
local kind, id = ARGV[2], ARGV[3]
local cidr = redis.call('HGET', rule_key(kind, id), 'cidr')
if not cidr then
  return { 'not_found' }
end
redis.call('ZREM', rule_index(kind), id)
redis.call('HDEL', key('cidrs', kind), cidr)
redis.call('DEL', rule_key(kind, id))
if kind == 'subnet' then
  stir_sharers('subnet', id)
  redis.call('DEL', key('subnet', id, 'grants'), key('subnet', id, 'waiters'), key('subnet', id, 'turns'))
  look_again_at(id)
end
renew_rules(clock(ARGV[1]))
write_back()
return { 'ok' }
