-- include: begin
-- key(part, …): the name of a key of this site. queues/keys.py is the map; a test holds both together.
local function key(kind, id, part, more)
  if more then
    return SITE .. ':' .. kind .. ':' .. id .. ':' .. part .. ':' .. more
  elseif part then
    return SITE .. ':' .. kind .. ':' .. id .. ':' .. part
  elseif id then
    return SITE .. ':' .. kind .. ':' .. id
  end
  return SITE .. ':' .. kind
end
