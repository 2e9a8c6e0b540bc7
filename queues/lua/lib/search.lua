-- include: site
-- include: window
-- include: hand_out
-- include: wait_for
local WINDOWS_AT_MOST = 4

-- through_windows(me, limit, now): hands out from the scanner's window, and where nothing of it can be had
-- now, from the window without the scans passed over. Returns the tasks, or nil and a scan that must
-- first be cut anew.
local function through_windows(me, limit, now)
  for _ = 1, WINDOWS_AT_MOST do
    local rows, outdated = window(me)
    if outdated then
      return nil, outdated
    end
    local tasks = hand_out(rows, me, limit, now)
    if #tasks > 0 or not next(me.passed) then
      return tasks
    end
  end
  return {}
end

-- search(me, limit, now): through_windows; where the scanner stopped and what it waits for are kept.
-- Returns the tasks, or {} and a scan that must first be cut anew: one of the window, or else one that
-- waits for budgets.
local function search(me, limit, now)
  local tasks, scan, cursor = nil, nil, me.cursor
  me.rules = rules_of(site())
  if me.tasks > 0 and me.targets > 0 then
    tasks, scan = through_windows(me, limit, now)
  end
  if scan then
    return {}, scan -- it keeps its turns
  end
  settle_waits(me, now)
  if not tasks or #tasks == 0 then
    return {}, me.outdated
  end
  local s = scanner_of(me.id)
  if me.cursor ~= cursor then
    set(s, 'cursor', me.cursor)
  end
  set(s, 'served', now)
  return tasks
end
