-- include: keys
-- include: text
-- include: fence
-- include: scan
-- include: records
-- judge_results(task, scanner, attempt, word, batch): what is to become of a batch of results that come with
-- a call that was judged by `word` (of fence): 'ok', 'repeated', 'gap' and the last batch, or why not.
local function judge_results(task, scanner, attempt, word, batch)
  if word == 'not_found' or word == 'not_owned' or word == 'not_started' then
    return word
  elseif not was_given(task, scanner, attempt) then
    return 'lease_lost'
  end
  local counter = 'batch:' .. attempt
  local last = tonumber(task[counter] or '0')
  if batch > last + 1 then
    return 'gap', text(last)
  end
  return batch > last and 'ok' or 'repeated'
end

-- keep_results(task, found, is_late, now): stores a batch. found has scanner, attempt, batch, count, rows (a
-- JSON array).
local function keep_results(task, found, is_late, now)
  redis.call('XADD', key('scan', task.scan, 'results'), '*', 'task', task.id, 'scanner', found.scanner,
    'attempt', found.attempt, 'late', is_late and '1' or '', 'at', now, 'count', found.count, 'rows', found.rows)
  add(scan_of(task.scan), 'results', tonumber(found.count))
  set(task, 'batch:' .. found.attempt, found.batch)
end
