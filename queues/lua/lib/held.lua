-- include: keys
-- include: known
-- include: members
-- include: records
-- include: text
-- Of which scans a scanner holds tasks is a field of its record, holds: ":scan=tasks:scan=tasks". queues/task_records.py
-- reads it for the rest of the product.
-- scans_held(holds): the scans, one after the other (string.gmatch).
local function scans_held(holds)
  return string.gmatch(holds or '', ':(%d+)=')
end

-- count_held(record, scan, tasks): a scanner (its record) holds so many more tasks of the scan, or fewer.
local function count_held(record, scan, tasks)
  local holds = record.holds
  if holds == nil then
    holds = read(record, { 'holds' }).holds
  end
  if holds then
    local from, to, before = string.find(holds, ':' .. scan .. '=(%d+)')
    local after = (before or 0) + tasks
    local entry = after > 0 and ':' .. scan .. '=' .. text(after) or ''
    holds = from and string.sub(holds, 1, from - 1) .. entry .. string.sub(holds, to + 1) or holds .. entry
    set(record, 'holds', holds ~= '' and holds)
  elseif tasks > 0 then
    set(record, 'holds', ':' .. scan .. '=' .. text(tasks))
  end
end

-- note_unstarted(scanner, request, task, at): this request was given the task, which was not started; at false: it was.
local function note_unstarted(scanner, request, task, at)
  score(key('scanner', scanner, 'unstarted'), request .. ':' .. task, at)
end
