-- include: begin
-- include: known
local OF_SITE = { 'swept', 'grace', 'rules', 'last_id' }

-- site(): the site's own record.
local function site()
  if not CALL.site then
    CALL.site = whole({ SITE }, OF_SITE)
  end
  return CALL.site
end

-- rules_of(record): the version of the site's rules: of the site, the present one; of a scan, that it was cut under.
local function rules_of(record)
  return record.rules or '0'
end
