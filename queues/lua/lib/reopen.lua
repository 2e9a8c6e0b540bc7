-- include: text
-- include: task
-- include: scan
-- include: open_list
-- include: return_jobs
-- include: records
local CUT_ANEW = '-1' -- no version of the rules: what comes back was cut under older ones

-- reopen(task, first): the addresses from `first` to the task's end go to the front of the open list
-- under the task's id; of a scan that is being canceled they are dropped. Returns the task's new status.
local function reopen(task, first)
  local scan, size = scan_of(task.scan), task.last - first
  if scan.status == 'canceling' then
    add(scan, 'dropped', size)
    return 'canceled'
  end
  task.first = first
  set(task, 'slice', slice_text(task))
  add(scan, 'open', size)
  if task.recut ~= '' then
    set(scan, 'rules', CUT_ANEW)
  end
  local entry = text(first) .. ':' .. text(task.last) .. ':' .. task.segment .. ':' .. task.id .. ':' .. task.subnets
  local was_empty = not has_open(task.scan)
  push_open(task.scan, entry)
  if was_empty then
    return_jobs(task.scan)
  else
    stir(task.scan)
  end
  return nil
end
