-- describe(task): a task as the scanner is told of it: its id and, as its record has them, slice and lease.
local function describe(task)
  return task.id .. '|' .. task.slice .. '|' .. task.lease
end
