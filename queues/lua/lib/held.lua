-- include: begin
-- include: keys
-- include: members
-- include: tally
-- include: write_back
-- scans_held(record): the scans of which it holds tasks (holds was read), one after the other.
local function scans_held(record)
  local tally = (CALL.tallies or NONE)[record]
  if tally then
    settle_held(tally)
  end
  return string.gmatch(record.holds or '', ':(%d+)=')
end

-- let_go(record, tasks): the scanner holds these no more, which are of one scan.
local function let_go(record, tasks)
  local tally = tally_of(record)
  local gone, before = tally.gone, #tally.gone
  for i = 1, #tasks do
    gone[before + i] = tasks[i].id
  end
  count_held(tally, tasks[1].scan, -#tasks)
end

-- take_up(record, ids, leases): it holds these from now on, said once a call; leases: (key, when it ends, task, …).
local function take_up(record, ids, leases)
  local tally = tally_of(record)
  tally.came, tally.leases = ids, leases
end

-- note_unstarted(scanner, request, task, at): this request was given the task, which was not started; at false: it was.
local function note_unstarted(scanner, request, task, at)
  score(key('scanner', scanner, 'unstarted'), request .. ':' .. task, at)
end

-- What has gone comes first: it may be handed out to the same scanner again.
WRITERS[#WRITERS + 1] = function()
  local tallies = CALL.tallies or NONE
  for i = 1, #tallies do
    local tally = tallies[i]
    local at = tally.record[1] .. ':held'
    if #tally.gone > 0 then
      redis.call('SREM', at, unpack(tally.gone))
      redis.call('ZREM', key('leases'), unpack(tally.gone))
    end
    if tally.came then
      redis.call('SADD', at, unpack(tally.came))
      redis.call('ZADD', unpack(tally.leases))
    end
  end
end
