-- key(part, …): the name of a key of this site. queues/keys.py is the map; a test holds both together.
local SITE = KEYS[1]

local function key(...)
  return SITE .. ':' .. table.concat({ ... }, ':')
end
