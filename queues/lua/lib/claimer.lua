-- include: keys
-- include: scanner
-- include: able
-- include: held
-- claimer(scanner, limits, now): a scanner as a claim sees it: its queues, what it holds and may still take.
-- Returns nil and for how many ms, where it is to have nothing now.
local function claimer(scanner, limits, now)
  local s = scanner_of(scanner)
  local wait_until = tonumber(s.wait_until or '0')
  if s.drain == '1' or s.retired or wait_until > now then
    return nil, math.max(0, wait_until - now)
  end
  local me = { id = scanner, request = limits.request, able = able_of(s.engines or ''), queues = { 's' .. scanner },
    held = {}, distinct = 0, passed = {}, subnets = {},
    cap_tasks = tonumber(s.cap_tasks), cap_jobs = tonumber(s.cap_jobs), cursor = tonumber(s.cursor or '0'),
    targets = s.cap_targets - (s.targets or 0), tasks = s.cap_tasks - (s.tasks or 0),
    scanner_rate = tonumber(s.rate or ''), claim_ms = limits.claim_ms, task_seconds = limits.task_seconds,
    default_rate = limits.default_rate, least_rate = limits.least_rate, waits = s.waits or '', wanted = {} }
  for group in string.gmatch(s.groups or '', '[^,]+') do
    me.queues[#me.queues + 1] = 'g' .. group
  end
  for _, scan in ipairs(tonumber(s.tasks or '0') > 0 and scans_held(scanner) or {}) do
    me.held[scan], me.distinct = true, me.distinct + 1
  end
  return me
end
