-- include: keys
local WORD = { pausing = 'pause', paused = 'pause', canceling = 'cancel', canceled = 'cancel' }

-- control(task): what its holder is told: continue, pause or cancel; and whether its scan is first to be
-- cut anew, because the site's rules have changed.
local function control(task)
  local s = redis.call('HMGET', key('scan', task.scan), 'status', 'rules')
  if s[1] ~= 'pending' and s[1] ~= 'running' then
    return WORD[s[1]] or 'continue', false
  end
  local rules = redis.call('HGET', SITE, 'rules') or '0'
  return task.cancel ~= '' and 'cancel' or 'continue', (s[2] or '0') ~= rules
end
