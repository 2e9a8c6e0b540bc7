-- include: text
-- describe(task): a task as the scanner is told of it: id, attempt, scan, first, last, number of its segment,
-- rate, what bound the rate.
local function describe(task)
  return { task.id, task.attempt, task.scan, text(task.first), text(task.last), task.segment, task.rate, task.rated_by }
end
