-- include: keys
-- include: sweep_due
-- include: task
-- include: take_back
-- sweep(now, lease_ms, most): takes back up to `most` leases that ran out; returns how many. Where the store
-- was away, every lease first gets lease_ms more.
local function sweep(now, lease_ms, most)
  if was_away(now) then
    set(site(), 'grace', now + lease_ms)
  end
  local due = has_grace(now) and {} or due_leases(now, most)
  set(site(), 'swept', #due < most and now or now - LOOK_MS) -- where more may be left, the next claim is to look
  for _, id in ipairs(due) do
    local task = load_task(id)
    if task then
      take_back(task, now)
    else
      score(key('leases'), id, false)
    end
  end
  return #due
end
