-- Hands out tasks to a scanner.
-- KEYS[1] the site
-- ARGV[1] now, '' for the server's clock   ARGV[2] scanner   ARGV[3] version of its record
-- ARGV[4] how many at most   ARGV[5] digest of the request's id, or ''
-- ARGV[6] claim_ms   ARGV[7] lease_ms   ARGV[8] task_seconds   ARGV[9] default probes per second
-- ARGV[10] least probes per second that are granted
-- Returns {'ok', ms until the scanner should ask again, task…} (a task as lib/describe.lua says) | {'stale'};
--   -1 ms where nothing was found yet and more scans wait to be looked at: ask again at once
-- Guarantees: capacities are never passed; a task that this request got before and that was not started
-- is handed out again to the same request, and then nothing new; each address is in one task.
-- include: clock
-- include: is_stale
-- include: touch
-- include: sweep
-- include: able
-- include: promote
-- include: window
-- include: hand_out
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

if request ~= '' then
  local again = {}
  local from, to = '[' .. request .. ':', '[' .. request .. ';'
  for _, row in ipairs(redis.call('ZRANGEBYLEX', key('scanner', scanner, 'unstarted'), from, to, 'LIMIT', 0, 100)) do
    again[#again + 1] = string.match(row, ':(%d+)$')
  end
  if #again > 0 then
    return answer(again, 0)
  end
end

local s = redis.call('HMGET', key('scanner', scanner), 'drain', 'wait_until', 'engines', 'groups', 'cap_targets',
  'cap_tasks', 'cap_jobs', 'targets', 'tasks', 'rate', 'cursor', 'retired')
local wait_until = tonumber(s[2] or '0')
if s[1] == '1' or s[12] or wait_until > now then
  return answer({}, math.max(0, wait_until - now))
end

local me = { id = scanner, request = request, held = {}, distinct = 0,
  cap_tasks = tonumber(s[6]), cap_jobs = tonumber(s[7]), cursor = tonumber(s[11] or '0'),
  targets = s[5] - (s[8] or 0), tasks = s[6] - (s[9] or 0), scanner_rate = tonumber(s[10] or ''),
  claim_ms = tonumber(ARGV[6]), task_seconds = tonumber(ARGV[8]), default_rate = tonumber(ARGV[9]),
  least_rate = tonumber(ARGV[10]) }
for _, scan in ipairs(redis.call('HKEYS', key('scanner', scanner, 'scans'))) do
  me.held[scan], me.distinct = true, me.distinct + 1
end
local able, queues = able_of(s[3] or ''), { 's' .. scanner }
for group in string.gmatch(s[4] or '', '[^,]+') do
  queues[#queues + 1] = 'g' .. group
end
local budget = { moves = MOVED_AT_MOST }
for _, queue in ipairs(queues) do
  promote(queue, able, budget)
end
local ids = {}
if me.tasks > 0 and me.targets > 0 then
  ids = hand_out(window(queues, me.held, me.cap_jobs, able), me, limit, now)
end
if #ids > 0 then
  redis.call('HSET', key('scanner', scanner), 'cursor', text(me.cursor))
end
return answer(ids, #ids == 0 and (budget.moves == 0 or me.look_again) and -1 or 0)
