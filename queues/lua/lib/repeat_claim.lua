-- include: keys
-- include: scanner
-- include: task
-- include: control
-- repeat_claim(scanner, request): what this request was given before and has not started: its answer was
-- lost. What rules of the site have forbidden meanwhile is not given again. Returns the tasks, and a
-- scan that is first to be cut anew, if one is.
local function repeat_claim(scanner, request)
  local tasks = {}
  if (scanner_of(scanner).tasks or 0) + 0 == 0 then
    return tasks
  end
  local from, to = '[' .. request .. ':', '[' .. request .. ';'
  for _, row in ipairs(redis.call('ZRANGEBYLEX', key('scanner', scanner, 'unstarted'), from, to, 'LIMIT', 0, 100)) do
    local task = load_task(string.match(row, ':(%d+)$'))
    if task.status == 'claimed' then -- it was not started in this very call
      local _, outdated = control(task)
      if outdated then
        return {}, task.scan
      end
      tasks[#tasks + 1] = task.cancel == '' and task or nil
    end
  end
  return tasks
end
