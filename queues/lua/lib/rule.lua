-- include: keys
-- include: site
-- include: records
-- include: rouse
local RULES_AT_MOST = 100000 -- of a kind, in a site

-- rule_key(kind, id): the record of a subnet, an exclusion or a scope.
local function rule_key(kind, id)
  if kind == 'subnet' then
    return key('subnet', id)
  end
  return kind == 'exclusion' and key('exclusion', id) or key('scope', id)
end

-- rule_index(kind): the ids of all of a kind.
local function rule_index(kind)
  if kind == 'subnet' then
    return key('subnets')
  end
  return kind == 'exclusion' and key('exclusions') or key('scopes')
end

-- renew_rules(now): addresses came under a rule or ceased to: the rules have a new version, and when it
-- came tells it from one of the same number that the store has lost. What is open of a scan is cut anew by the next claim
-- that meets it: where nothing is left of it, it makes room.
local function renew_rules(now)
  add(site(), 'rules', 1)
  set(site(), 'ruled', now)
  stir_site()
end
