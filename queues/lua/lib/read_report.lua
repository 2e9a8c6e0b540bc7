local HEAD, REST = '^(%d+):(%d+):(%a+)(%+?)$', '^(%d*):(%d*):(%d+):(%d*):(%d*):(.*)$'

-- read_report(i, scanner): what it says of one task, and where the next report is. Its first argument has task, attempt and
-- state (running, completed, failed or released); a + at its end says that two more follow. The one has progressCount and
-- resultCount or '', of a released task how many addresses are done, batch and count of the results that came along, or '',
-- and a message; the other those results, a JSON array, or ''.
local function read_report(i, scanner)
  local task, attempt, state, more = string.match(ARGV[i], HEAD)
  local report = { scanner = scanner, task = task, attempt = attempt, state = state, is_plain = more == '', progress = '',
    results = '', done = '0', batch = '', count = '0', message = '', rows = '' }
  if report.is_plain then
    return report, i + 1
  end
  report.progress, report.results, report.done, report.batch, report.count, report.message = string.match(ARGV[i + 1], REST)
  report.rows = ARGV[i + 2]
  return report, i + 3
end
