-- include: begin
-- include: known
-- include: keys
local OF_SITE, SITE_RECORD = { 'swept', 'grace', 'rules', 'last_id' }, nil
STARTERS[#STARTERS + 1] = function()
  SITE_RECORD = { SITE }
end

-- site(): the site's own record.
local function site()
  return SITE_RECORD[3] and SITE_RECORD or whole(SITE_RECORD, OF_SITE)
end

-- rules_of(record): the version of the site's rules: of the site, the present one; of a scan, that it was cut under.
local function rules_of(record)
  return record.rules or '0'
end
