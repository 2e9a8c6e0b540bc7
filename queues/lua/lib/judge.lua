-- include: text
-- include: fence
-- include: task
-- include: keep_results
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
