local PARTS = 10

-- read_report(i, scanner): what it says of one task, from this argument on.
local function read_report(i, scanner)
  return { scanner = scanner, task = ARGV[i], attempt = ARGV[i + 1],
    state = ARGV[i + 2], -- running, completed, failed or released
    progress = ARGV[i + 3], results = ARGV[i + 4], -- progressCount and resultCount, or ''
    message = ARGV[i + 5], done = ARGV[i + 6], -- of a released one: how many addresses are done
    batch = ARGV[i + 7], count = ARGV[i + 8], rows = ARGV[i + 9] } -- '' or the results that came along, a JSON array
end
