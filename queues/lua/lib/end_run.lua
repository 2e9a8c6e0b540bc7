-- include: task
-- include: start_task
-- include: end_tasks
-- include: back_off
-- finish_with(tasks, report, now): their holder's last word, a report of one of them that holds for all. What is completed
-- and has no start of its own began when it ended (queues/task_records.py).
local function finish_with(tasks, report, now)
  if tasks[1].status == 'claimed' and report.state == 'completed' then
    note_run(tasks[1].scan, now)
  elseif tasks[1].status == 'claimed' then
    note_start(tasks[1], now)
  end
  end_tasks(tasks, report.state, report.message, now)
  back_off(report.scanner, tasks[1], report.state == 'failed', now)
end

-- joins(run, first): the task of which the report there says what was said of the run's, completed and nothing else, if it
-- was handed out together with them and is in the same state. A run is a list of tasks, and knows their ids.
local function joins(run, first)
  local id, attempt = string.match(ARGV[first] or '', '^(%d+):(%d+):completed$')
  local task, one = id and load_task(id), run[1]
  local does = task and task.lease == one.lease and task.scan == one.scan and task.status == one.status
    and attempt == one.attempt and not run[id]
  return does and task or nil
end

-- end_run(task, report, first, now): a task is completed, and those that join it, of the reports from there on. Returns where
-- the next one is.
local function end_run(task, report, first, now)
  local run, next_one = { task, nil, nil, nil }, nil
  repeat
    run[task.id] = true
    next_one = joins(run, first)
    if next_one then
      task, first = next_one, first + 1
      run[#run + 1] = task
    end
  until not next_one
  finish_with(run, report, now)
  return first
end
