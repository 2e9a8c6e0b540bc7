-- include: begin
-- include: write_back
-- Sorted sets as a script changes them: what it says last of a member is written, once, by write_back.
-- score(at, member, value): it is in the set with this score; false: it is not.
local function score(at, member, value)
  local sets = kept('members')
  local set = sets[at]
  if not set then
    set = {}
    sets[at] = set
    sets[#sets + 1] = at
  end
  set[member] = value
end

-- enter(entries): these (key, score, member, …) are in the set of that key, whatever score says of them.
local function enter(entries)
  CALL.entering[#CALL.entering + 1] = entries
end

-- write_set(at, members): what leaves the set comes first.
local function write_set(at, members)
  local leave, stay = {}, {}
  for member, value in pairs(members) do
    if value then
      stay[#stay + 1] = value
      stay[#stay + 1] = member
    else
      leave[#leave + 1] = member
    end
  end
  if #leave > 0 then
    redis.call('ZREM', at, unpack(leave))
  end
  if #stay > 0 then
    redis.call('ZADD', at, unpack(stay))
  end
end

WRITERS[#WRITERS + 1] = function()
  local sets, entering = CALL.members or NONE, CALL.entering
  for i = 1, #sets do
    write_set(sets[i], sets[sets[i]])
  end
  for i = 1, #entering do
    redis.call('ZADD', unpack(entering[i]))
  end
end
