-- include: keys
local WORD = { pausing = 'pause', paused = 'pause', canceling = 'cancel', canceled = 'cancel' }

-- control(task): what its holder is told: continue, pause or cancel.
local function control(task)
  return WORD[redis.call('HGET', key('scan', task.scan), 'status')] or 'continue'
end
