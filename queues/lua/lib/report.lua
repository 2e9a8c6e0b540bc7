-- include: task
-- include: start_task
-- include: note_progress
-- include: keep_results
-- include: give_back
-- include: control
-- include: read_report
-- include: judge
-- include: end_run
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
