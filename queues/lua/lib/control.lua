-- include: site
-- include: scan
local WORD = { pausing = 'pause', paused = 'pause', canceling = 'cancel', canceled = 'cancel' }

-- control(task): what its holder is told: continue, pause or cancel; and whether its scan is first to be
-- cut anew, because the site's rules have changed.
local function control(task)
  local scan = scan_of(task.scan)
  if not is_open(scan) then
    return WORD[scan.status] or 'continue', false
  end
  return task.cancel ~= '' and 'cancel' or 'continue', rules_of(scan) ~= rules_of(site())
end
