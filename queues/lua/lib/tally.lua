-- include: begin
-- include: known
-- include: records
-- include: text
-- include: write_back
-- What a scanner holds is a set of tasks, held, and a field of its record, holds, which says of which scans they are:
-- ":scan=tasks:scan=tasks". queues/task_records.py reads that for the rest of the product. Each is among the leases, too.
-- tally_of(record): what this call changes of that for a scanner: how many more tasks of one scan it has, yet to be written
-- into its record; which tasks have gone; which have come, with their leases as take_up takes them.
local function tally_of(record)
  local tallies = kept('tallies')
  local tally = tallies[record]
  if not tally then
    tally = { record = record, scan = '', tasks = 0, gone = { nil, nil, nil, nil }, came = nil, leases = nil }
    tallies[record] = tally
    tallies[#tallies + 1] = tally
  end
  return tally
end

-- settle_held(tally): its field holds is as counted.
local function settle_held(tally)
  local record, scan, tasks = tally.record, tally.scan, tally.tasks
  if tasks == 0 then
    return
  end
  local holds = read(record, { 'holds' }).holds or ''
  local from, to, before = string.find(holds, ':' .. scan .. '=(%d+)')
  local after = (before or 0) + tasks
  local entry = after > 0 and ':' .. scan .. '=' .. text(after) or ''
  holds = from and string.sub(holds, 1, from - 1) .. entry .. string.sub(holds, to + 1) or holds .. entry
  set(record, 'holds', holds ~= '' and holds)
  tally.tasks = 0
end

-- count_held(tally, scan, tasks): so many more tasks of the scan, or fewer. Most tasks of a call are of one scan: they are
-- counted together.
local function count_held(tally, scan, tasks)
  if tally.scan ~= scan then
    settle_held(tally)
    tally.scan = scan
  end
  tally.tasks = tally.tasks + tasks
end

SETTLERS[#SETTLERS + 1] = function()
  local tallies = CALL.tallies or NONE
  for i = 1, #tallies do
    settle_held(tallies[i])
  end
end
