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

-- enter(at, entries): these (score, member, …) are in the set, whatever score says of them.
local function enter(at, entries)
  local entering = CALL.entering
  local count = #entering
  entering[count + 1], entering[count + 2] = at, entries
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
  local sets, entering = CALL.members or {}, CALL.entering
  for i = 1, #sets do
    write_set(sets[i], sets[sets[i]])
  end
  for i = 1, #entering, 2 do
    redis.call('ZADD', entering[i], unpack(entering[i + 1]))
  end
end
