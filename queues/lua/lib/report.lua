-- include: text
-- include: fence
-- include: task
-- include: start_task
-- include: note_progress
-- include: keep_results
-- include: end_tasks
-- include: give_back
-- include: back_off
-- include: control
-- include: read_report
-- judge(task, report): 'ok', 'repeated' for the last word said again, or why it is refused and what goes
-- with that; and whether the results that came along are to be kept all the same.
local function judge(task, report)
  local word = task and fence(task, report.scanner, report.attempt) or 'not_found'
  if word == 'ok' and report.is_plain then
    return word, nil, false
  end
  local found, last = 'repeated', nil
  if report.batch ~= '' then
    found, last = judge_results(task, report.scanner, report.attempt, word, tonumber(report.batch))
  end
  if found == 'gap' then
    return 'gap', last, false
  elseif word == 'ok' and report.done ~= '0' and tonumber(report.done) > task.size then
    return 'too_many', text(task.size), false
  elseif task and last_word(task) == report.state and is_of(task, report.scanner, report.attempt) then
    word = 'repeated'
  end
  return word, nil, found == 'ok'
end

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

-- act(task, report, asked, now): the task is what its holder says of it.
local function act(task, report, asked, now)
  if report.state == 'running' then
    start_task(task, now, asked.stall_ms)
  elseif report.state == 'released' and task.status == 'claimed' then
    note_start(task, now)
  end
  if report.progress ~= '' then
    note_progress(task, report.progress, now, asked.stall_ms)
  end
  if report.results ~= '' then
    set(task, 'results', report.results)
  end
  if report.state == 'running' then
    renew(task, now, asked.lease_ms)
  elseif report.state == 'released' then
    give_back(task, tonumber(report.done), now)
  else
    finish_with({ task }, report, now)
  end
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

-- report_all(scanner, asked, now): takes the reports of arguments asked.first to asked.last, in their order. Returns what
-- was refused (task, word, what goes with it), what running tasks are told but to go on (task, word), and scans that
-- are outdated. A run of tasks that were handed out together and are completed is ended at once.
local function report_all(scanner, asked, now)
  local refusals, controls, outdated, first = {}, {}, {}, asked.first
  while first <= asked.last do
    local report
    report, first = read_report(first, scanner)
    local task = load_task(report.task)
    local word, detail, keeps = judge(task, report)
    if keeps then
      keep_results(task, report, word ~= 'ok', now)
    end
    if word == 'ok' and report.state == 'completed' and report.is_plain then
      first = end_run(task, report, first, now)
    elseif word == 'ok' then
      act(task, report, asked, now)
    elseif word ~= 'repeated' then
      refusals[#refusals + 1] = { report.task, word, detail }
    end
    if word == 'ok' and report.state == 'running' then
      local said, old = control(task)
      controls[#controls + 1] = said ~= 'continue' and { report.task, said } or nil
      outdated[#outdated + 1] = old and task.scan or nil
    end
  end
  return refusals, controls, outdated
end
