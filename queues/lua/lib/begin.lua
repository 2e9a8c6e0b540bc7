-- A server that keeps functions defines the steps once, for all calls: what a step remembers of a call it makes anew in a
-- starter. begin() comes first in every call.
local STARTERS = {}

-- emptied(list): a list with nothing in it: this one, where it has not been used.
local function emptied(list)
  return #list == 0 and list or {}
end

local function begin()
  for i = 1, #STARTERS do
    STARTERS[i]()
  end
end
