local HEAD, REST = '^(%d+):(%d+):(%a+)$', '^(%d*):(%d*):(%d+):(%d*):(%d*):(.*)$'

-- read_report(i, scanner): what it says of one task, in three arguments. The first has task, attempt and state (running,
-- completed, failed or released). The second is '' where that is all; else it has progressCount and resultCount or '', of a
-- released one how many addresses are done, batch and count of the results that came along, or '', and a message. The third
-- are those results, a JSON array, or ''.
local function read_report(i, scanner)
  local task, attempt, state = string.match(ARGV[i], HEAD)
  local rest, progress, results, done, batch, count, message = ARGV[i + 1], '', '', '0', '', '0', ''
  if rest ~= '' then
    progress, results, done, batch, count, message = string.match(rest, REST)
  end
  return { scanner = scanner, rest = rest, task = task, attempt = attempt, state = state, progress = progress,
    results = results, done = done, batch = batch, count = count, message = message, rows = ARGV[i + 2] }
end
