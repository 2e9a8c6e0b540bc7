-- A server that keeps functions defines the steps once, for all calls: what they remember of a call is here, and made anew
-- by begin(), which comes first in every call: the site, the records by kind and id (known), those that are to be
-- written (records), members that enter sets (members); the rest by the name of what it is (kept).
local SITE = nil
local CALL = nil

local function begin()
  SITE, CALL = KEYS[1], { scan = {}, scanner = {}, task = {}, queue = {}, changed = { nil, nil, nil, nil },
    entering = { nil, nil, nil, nil }, now = nil, site = nil, last_id = nil } -- with room for what most keep
end

local NONE = {} -- for whoever walks through what was not kept; nobody writes into it

-- kept(name): the table of this call by that name; a new one when it is first asked for.
local function kept(name)
  local found = CALL[name]
  if not found then
    found = {}
    CALL[name] = found
  end
  return found
end
