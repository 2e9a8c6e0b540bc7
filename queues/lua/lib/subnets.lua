-- include: keys
-- subnets_of(ids, known): the budgets of a chain of subnets ("17,23"), outermost first, as they are now;
-- known remembers those that this script has read. A subnet deleted meanwhile limits nothing.
local function subnets_of(ids, known)
  local budgets = {}
  for id in string.gmatch(ids, '%d+') do
    if known[id] == nil then
      local s = redis.call('HMGET', key('subnet', id), 'rate', 'cidr')
      known[id] = s[1] and { kind = 'subnet', id = id, limit = tonumber(s[1]), name = 'subnet ' .. s[2] }
    end
    budgets[#budgets + 1] = known[id] or nil
  end
  return budgets
end
