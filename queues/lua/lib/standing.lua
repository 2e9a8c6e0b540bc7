-- include: able
-- include: claimer
-- include: window
-- include: pick
-- include: open_list
-- closed_by(row, me, now): the limit whose budget has nothing for this scanner to take the scan's first
-- open interval with, or nil.
local function closed_by(row, me, now)
  local entry = first_open(row.scan)
  if not entry then
    return nil
  end
  local rate, _, budget = grant(row, budgets_of(row, read_entry(entry), me), me, 1, now)
  return not rate and budget.name or nil
end

-- standing(scanner, scan, engine, asked, now): how a claim of this scanner would meet a ready scan:
-- 'unable' (offline or without its engine), 'waits' (it failed too often), 'full', 'behind' (outside its
-- window), 'spent' and which limit, 'open'.
local function standing(scanner, scan, engine, asked, now)
  local s = read(record_of('scanner', scanner), { 'online', 'enabled', 'drain', 'retired', 'engines' })
  if s.online ~= '1' or s.enabled ~= '1' or s.drain == '1' or s.retired or not is_able(s.engines or '', engine) then
    return 'unable'
  end
  local me = claimer(scanner, asked, now)
  if not me then
    return 'waits'
  elseif me.tasks <= 0 or me.targets <= 0 then
    return 'full'
  end
  for _, row in ipairs(window(me)) do
    if row.scan == scan and (me.held[scan] or me.distinct < me.cap_jobs) then
      local limit = closed_by(row, me, now)
      return limit and 'spent' or 'open', limit
    end
  end
  return 'behind'
end
