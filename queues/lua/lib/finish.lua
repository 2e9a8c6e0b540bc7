-- include: begin
-- include: keys
-- include: records
local TASKS_KEPT, IDS_A_CALL = 1000, 1000

-- finish(tasks, status, now): tasks of one scan have ended for good; a scan keeps its newest 1,000 whole.
local function finish(tasks, status, now)
  local ended, scan = kept('ended'), tasks[1].scan
  local ids = ended[scan]
  if not ids then
    ids = { nil, nil, nil, nil }
    ended[scan] = ids
    ended[#ended + 1] = scan
  end
  local before = #ids
  for i = 1, #tasks do
    change(tasks[i], { 'status', status, 'finished', now })
    ids[before + i] = tasks[i].id
  end
end

-- forget_oldest(scan, count): so many finished tasks of it leave coverage only.
local function forget_oldest(scan, count)
  local ids, tasks = redis.call('RPOP', key('scan', scan, 'finished'), math.min(count, IDS_A_CALL)), {}
  for i = 1, #ids do
    tasks[i] = key('task', ids[i])
  end
  redis.call('DEL', unpack(tasks))
  redis.call('ZREM', key('scan', scan, 'tasks'), unpack(ids))
  if count > IDS_A_CALL then
    forget_oldest(scan, count - IDS_A_CALL)
  end
end

WRITERS[#WRITERS + 1] = function()
  local ended = CALL.ended or NONE
  for n = 1, #ended do
    local scan = ended[n]
    local ids, all = ended[scan], 0
    for i = 1, #ids, IDS_A_CALL do
      all = redis.call('LPUSH', key('scan', scan, 'finished'), unpack(ids, i, math.min(i + IDS_A_CALL - 1, #ids)))
    end
    if all > TASKS_KEPT then
      forget_oldest(scan, all - TASKS_KEPT)
    end
  end
end
