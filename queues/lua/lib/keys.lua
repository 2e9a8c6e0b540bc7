-- include: begin
-- key(part, …): the name of a key of this site. queues/keys.py is the map; a test holds both together.
local SITE = nil
STARTERS[#STARTERS + 1] = function()
  SITE = KEYS[1]
end

local function key(kind, id, part, more)
  if not id then
    return SITE .. ':' .. kind
  elseif not part then
    return SITE .. ':' .. kind .. ':' .. id
  elseif not more then
    return SITE .. ':' .. kind .. ':' .. id .. ':' .. part
  end
  return SITE .. ':' .. kind .. ':' .. id .. ':' .. part .. ':' .. more
end
