-- Hands out tasks to a scanner.
-- KEYS[1] the site
-- ARGV[1] now, '' for the server's clock   ARGV[2] scanner   ARGV[3] version of its record
-- ARGV[4] how many at most   ARGV[5] digest of the request's id, or ''
-- ARGV[6] claim_ms   ARGV[7] lease_ms   ARGV[8] task_seconds   ARGV[9] default probes per second
-- ARGV[10] least probes per second that are granted
-- Returns {'ok', ms until the scanner should ask again, task…} (a task as lib/describe.lua says) | {'stale'};
--   -1 ms where nothing was found yet and more waits to be looked at: ask again at once
--   | {'recut', scan} where the site's rules have changed since the scan was cut: cut it anew, then ask again
-- Guarantees: capacities are never passed; a task that this request got before and that was not started
-- is handed out again to the same request, and then nothing new; each address is in one task; what is
-- granted of a budget is never more than its limit.
-- include: clock
-- include: is_stale
-- include: touch
-- include: sweep
-- include: repeat_claim
-- include: claimer
-- include: promote
-- include: search
-- include: describe
local MOVED_AT_MOST = 16
local now, scanner, limit, request = clock(ARGV[1]), ARGV[2], tonumber(ARGV[4]), ARGV[5]
if is_stale(scanner, ARGV[3]) then
  return { 'stale' }
end
touch(scanner, now)
sweep(now, tonumber(ARGV[7]), 20)

local function answer(ids, wait_ms)
  local reply = { 'ok', text(wait_ms) }
  for _, id in ipairs(ids) do
    reply[#reply + 1] = describe(id)
  end
  return reply
end

local again, outdated = repeat_claim(scanner, request)
if outdated then
  return { 'recut', outdated }
elseif #again > 0 then
  return answer(again, 0)
end

local me, wait_ms = claimer(scanner, { request = request, claim_ms = tonumber(ARGV[6]),
  task_seconds = tonumber(ARGV[8]), default_rate = tonumber(ARGV[9]), least_rate = tonumber(ARGV[10]) }, now)
if not me then
  return answer({}, wait_ms)
end
wake(me.least_rate)
local quota = { moves = MOVED_AT_MOST }
for _, queue in ipairs(me.queues) do
  promote(queue, me.able, quota)
end
local ids
ids, outdated = search(me, limit, now)
if outdated then
  return { 'recut', outdated }
end
return answer(ids, #ids == 0 and (quota.moves == 0 or me.look_again) and -1 or 0)
