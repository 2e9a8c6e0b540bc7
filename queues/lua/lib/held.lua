-- include: begin
-- include: keys
-- include: records
-- held_of(scanner): how many tasks of which scan a scanner holds, a record of its own.
local HELD
STARTERS[#STARTERS + 1] = function()
  HELD = {}
end

local function held_of(scanner)
  if not HELD[scanner] then
    HELD[scanner] = { key('scanner', scanner, 'scans') }
  end
  return HELD[scanner]
end
