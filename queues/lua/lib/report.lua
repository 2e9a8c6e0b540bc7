-- include: text
-- include: fence
-- include: task
-- include: start_task
-- include: note_progress
-- include: keep_results
-- include: end_task
-- include: give_back
-- include: back_off
-- include: control
-- include: read_report
-- judge(task, report): 'ok', 'repeated' for the last word said again, or why it is refused and what goes
-- with that; and whether the results that came along are to be kept all the same.
local function judge(task, report)
  local word = task and fence(task, report.scanner, report.attempt) or 'not_found'
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

-- act(task, report, asked, now): the task is what its holder says of it.
local function act(task, report, asked, now)
  if report.state == 'running' then
    start_task(task, now, asked.stall_ms)
  elseif task.status == 'claimed' then
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
    end_task(task, report.state, report.message, now)
    back_off(report.scanner, task, report.state == 'failed', now)
  end
end

-- report_all(scanner, asked, now): takes the reports from argument asked.first on, in their order. Returns what
-- was refused (task, word, what goes with it), what running tasks are told but to go on (task, word), and scans that
-- are outdated.
local function report_all(scanner, asked, now)
  local refusals, controls, outdated = {}, {}, {}
  for first = asked.first, #ARGV, PARTS do
    local report = read_report(first, scanner)
    local task = load_task(report.task)
    local word, detail, keeps = judge(task, report)
    if keeps then
      keep_results(task, report, word ~= 'ok', now)
    end
    if word == 'ok' then
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
