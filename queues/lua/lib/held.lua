-- include: begin
-- include: keys
-- held_of(scanner): how many tasks of which scan a scanner holds, a record of its own; tasks and unstarted are the keys of
-- its sets of tasks.
local HELD
STARTERS[#STARTERS + 1] = function()
  HELD = {}
end

local function held_of(scanner)
  local held = HELD[scanner]
  if not held then
    held = { key('scanner', scanner, 'scans'), tasks = key('scanner', scanner, 'tasks'),
      unstarted = key('scanner', scanner, 'unstarted') }
    HELD[scanner] = held
  end
  return held
end
