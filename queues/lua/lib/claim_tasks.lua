-- include: text
-- include: sweep_due
-- include: repeat_claim
-- include: claimer
-- include: promote_all
-- include: search
-- include: describe
local MOVED_AT_MOST = 16

local function handed_out(tasks, wait_ms)
  local reply = { 'ok', text(wait_ms), nil, nil }
  for i = 1, #tasks do
    reply[2 + i] = describe(tasks[i])
  end
  return reply
end

-- claim_tasks(scanner, asked, now): hands out tasks. asked has limit, request (digest of its id, or ''), claim_ms,
-- task_seconds, default_rate, least_rate, swept (whether a sweep was made just now). Returns what claim.lua says.
local function claim_tasks(scanner, asked, now)
  if not asked.swept and is_sweep_due(now) then
    return { 'sweep' }
  end
  if asked.request ~= '' then
    local again, outdated = repeat_claim(scanner, asked.request)
    if outdated then
      return { 'recut', outdated }
    elseif #again > 0 then
      return handed_out(again, 0)
    end
  end
  local me, wait_ms = claimer(scanner, asked, now)
  if not me then
    return handed_out({}, wait_ms)
  end
  local quota = { moves = MOVED_AT_MOST }
  promote_all(me, quota)
  local tasks, outdated = search(me, asked.limit, now)
  if outdated then
    return { 'recut', outdated }
  end
  return handed_out(tasks, #tasks == 0 and (quota.moves == 0 or me.look_again) and -1 or 0)
end
