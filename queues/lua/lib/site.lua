-- include: begin
local OF_SITE = { 'swept', 'grace', 'rules', 'last_id' }

-- site(): the site's own record.
local function site()
  local own = CALL.site
  if not own then
    local f = redis.call('HMGET', SITE, unpack(OF_SITE))
    own = { SITE, nil, true, swept = f[1], grace = f[2], rules = f[3], last_id = f[4] }
    CALL.site = own
  end
  return own
end

-- rules_of(record): the version of the site's rules: of the site, the present one; of a scan, that it was cut under.
local function rules_of(record)
  return record.rules or '0'
end
