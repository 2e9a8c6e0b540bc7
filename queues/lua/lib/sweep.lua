-- include: keys
-- include: text
-- include: sweep_due
-- include: task
-- include: take_back
-- sweep(now, lease_ms, most): takes back up to `most` leases that ran out; returns how many. Where the store
-- was away, every lease first gets lease_ms more.
local function sweep(now, lease_ms, most)
  if was_away(now) then
    set(site(), 'grace', now + lease_ms)
  end
  note_sweep(now)
  if has_grace(now) then
    return 0
  end
  local due = due_leases(now, most)
  for _, id in ipairs(due) do
    take_back(load_task(id), now)
  end
  return #due
end
