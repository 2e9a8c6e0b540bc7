-- include: begin
-- include: keys
-- include: write_back
-- Sorted sets as a script changes them: what it says last of a member is written, once, by write_back.
local MEMBERS
STARTERS[#STARTERS + 1] = function()
  MEMBERS = {}
end

-- score(at, member, value): it is in the set with this score; false: it is not.
local function score(at, member, value)
  local set = MEMBERS[at]
  if not set then
    set = {}
    MEMBERS[at] = set
    MEMBERS[#MEMBERS + 1] = at
  end
  if set[member] == nil then
    set[#set + 1] = member
  end
  set[member] = value
end

-- All changes of a set go in two commands; what leaves its set comes first.
WRITERS[#WRITERS + 1] = function()
  local entering = {}
  for i = 1, #MEMBERS do
    local at = MEMBERS[i]
    local leave, enter, set = {}, {}, MEMBERS[at]
    for j = 1, #set do
      local member = set[j]
      if set[member] then
        enter[#enter + 1] = set[member]
        enter[#enter + 1] = member
      else
        leave[#leave + 1] = member
      end
    end
    if #leave > 0 then
      redis.call('ZREM', at, unpack(leave))
    end
    entering[at] = #enter > 0 and enter or nil
  end
  for _, at in ipairs(MEMBERS) do
    if entering[at] then
      redis.call('ZADD', at, unpack(entering[at]))
    end
  end
  MEMBERS = {}
end
