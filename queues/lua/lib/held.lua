-- include: begin
-- include: keys
-- held_of(scanner): how many tasks of which scan a scanner holds, a record of its own; unstarted is the key of its tasks
-- that it has not started, by request.
local HELD
STARTERS[#STARTERS + 1] = function()
  HELD = {}
end

local function held_of(scanner)
  local held = HELD[scanner]
  if not held then
    held = { key('scanner', scanner, 'scans'), unstarted = key('scanner', scanner, 'unstarted') }
    HELD[scanner] = held
  end
  return held
end

-- scans_held(scanner): the scans of which it holds tasks; asked for before any are handed out.
local function scans_held(scanner)
  local held, scans = held_of(scanner), {}
  local fields = redis.call('HGETALL', held[1])
  for i = 1, #fields, 2 do
    local scan = fields[i]
    if held[scan] == nil then
      held[scan] = fields[i + 1]
    end
    scans[#scans + 1] = held[scan] and scan or nil
  end
  return scans
end
