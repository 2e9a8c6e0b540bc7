-- include: begin
-- include: able
-- include: scan
-- include: polls
-- include: known
local CHANNEL = 'sd:wake:'
local WHO_WAITS = { 'poll', 'poll_until', 'engines', 'drain', 'retired', 'wait_until', 'tasks', 'cap_tasks', 'targets',
  'cap_targets', 'cap_jobs', 'holds' }

-- could_take(scanner, s, scan, now): whether it could have a task of the scan, as a claim sees it, budgets apart.
local function could_take(scanner, s, scan, now)
  if s.drain == '1' or s.retired or tonumber(s.wait_until or '0') > now
    or tonumber(s.tasks or '0') >= tonumber(s.cap_tasks) or tonumber(s.targets or '0') >= tonumber(s.cap_targets)
    or not is_able(s.engines or '', scan_of(scan).engine) then
    return false
  end
  local _, distinct = string.gsub(s.holds or '', ':', ':')
  return distinct < tonumber(s.cap_jobs) or string.find(s.holds or '', ':' .. scan .. '=', 1, true) ~= nil
end

-- call(scanner, now, scan): its process is told, if the poll still waits and the scanner may have a task of this
-- scan, where there is one. Returns whether it was.
local function call(scanner, now, scan)
  local s = read(record_of('scanner', scanner), WHO_WAITS)
  if not s.poll or tonumber(s.poll_until) < now or (scan and not could_take(scanner, s, scan, now)) then
    return false
  end
  redis.call('PUBLISH', CHANNEL .. s.poll, string.match(SITE, '{(.*)}') .. ':' .. scanner)
  end_wait(scanner)
  return true
end
