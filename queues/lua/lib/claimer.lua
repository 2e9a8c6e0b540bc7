-- include: scanner
-- include: held
-- claimer(scanner, asked, now): a scanner as a claim sees it: its queues, what it holds and may still take; what was asked.
-- Returns nil and for how many ms, where it is to have nothing now.
local function claimer(scanner, asked, now)
  local s = scanner_of(scanner)
  local wait_until = (s.wait_until or 0) + 0
  if s.drain == '1' or s.retired or wait_until > now then
    return nil, math.max(0, wait_until - now)
  end
  local cap_tasks, tasks = s.cap_tasks + 0, (s.tasks or 0) + 0
  local me = { id = scanner, asked = asked, engines = s.engines or '', queues = { 's' .. scanner }, held = {},
    distinct = 0, passed = {}, subnets = {}, cap_tasks = cap_tasks, cap_jobs = s.cap_jobs + 0, cursor = (s.cursor or 0) + 0,
    targets = s.cap_targets - (s.targets or 0), tasks = cap_tasks - tasks, scanner_rate = s.rate and tonumber(s.rate),
    waits = s.waits or '', wanted = {}, began = nil }
  if s.groups and s.groups ~= '' then
    for group in string.gmatch(s.groups, '[^,]+') do
      me.queues[#me.queues + 1] = 'g' .. group
    end
  end
  if tasks > 0 then
    for scan in scans_held(s) do
      me.held[scan], me.distinct = true, me.distinct + 1
    end
  end
  return me
end
