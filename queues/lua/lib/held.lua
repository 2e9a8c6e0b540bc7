-- include: begin
-- include: keys
-- include: members
-- held_of(scanner): how many tasks of which scan a scanner holds, a record of its own.
local function held_of(scanner)
  local held = CALL.held[scanner]
  if not held then
    held = { key('scanner', scanner, 'scans') }
    CALL.held[scanner] = held
  end
  return held
end

-- note_unstarted(scanner, request, task, at): this request was given the task, which was not started; at false: it was.
local function note_unstarted(scanner, request, task, at)
  score(key('scanner', scanner, 'unstarted'), request .. ':' .. task, at)
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
