-- include: begin
-- include: write_back
-- Sorted sets as a script changes them: what it says last of a member is written, once, by write_back.
local MEMBERS = {}
STARTERS[#STARTERS + 1] = function()
  MEMBERS = emptied(MEMBERS)
end

-- score(at, member, value): it is in the set with this score; false: it is not.
local function score(at, member, value)
  local set = MEMBERS[at]
  if not set then
    set = {}
    MEMBERS[at] = set
    MEMBERS[#MEMBERS + 1] = at
  end
  set[member] = value
end

-- All changes of a set go in two commands; what leaves its set comes first.
WRITERS[#WRITERS + 1] = function()
  local entering = {}
  for i = 1, #MEMBERS do
    local at = MEMBERS[i]
    local leave, enter, count = nil, { nil, nil, nil, nil }, 0
    for member, value in pairs(MEMBERS[at]) do
      if value then
        enter[count + 1], enter[count + 2], count = value, member, count + 2
      else
        leave = leave or {}
        leave[#leave + 1] = member
      end
    end
    if leave then
      redis.call('ZREM', at, unpack(leave))
    end
    entering[i] = count > 0 and enter
  end
  for i = 1, #MEMBERS do
    if entering[i] then
      redis.call('ZADD', MEMBERS[i], unpack(entering[i]))
    end
  end
  MEMBERS = emptied(MEMBERS)
end
