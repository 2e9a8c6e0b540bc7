local PARTS = 3
local HEAD = '^(%d+):(%d+):(%a+):(%d*):(%d*):(%d+):(%d*):(%d*)$'

-- read_report(i, scanner): what it says of one task, in three arguments: the first has task, attempt, state (running,
-- completed, failed or released), progressCount and resultCount or '', of a released one how many addresses are done,
-- and batch and count of the results that came along, or ''; then come a message and those results, a JSON array, or ''.
local function read_report(i, scanner)
  local task, attempt, state, progress, results, done, batch, count = string.match(ARGV[i], HEAD)
  return { scanner = scanner, task = task, attempt = attempt, state = state, progress = progress, results = results,
    done = done, batch = batch, count = count, message = ARGV[i + 1], rows = ARGV[i + 2] }
end
