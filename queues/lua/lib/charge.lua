-- include: keys
-- include: enroll
-- charge(budget, scanner, rate): grants some of it.
local function charge(budget, scanner, rate)
  local grants = key(budget.kind, budget.id, 'grants')
  budget.mine = redis.call('HINCRBY', grants, scanner, rate)
  budget.all = redis.call('HINCRBY', grants, 'all', rate)
  wait_no_more(budget.kind, budget.id, scanner)
end

-- discharge(kind, id, task, now): what was granted to a task comes free; false where nothing was, or the
-- subnet was deleted meanwhile. A scanner that asked for more and holds nothing of it now waits.
local function discharge(kind, id, task, now)
  local grants = key(kind, id, 'grants')
  if redis.call('HEXISTS', grants, task.scanner) == 0 then
    return false
  end
  if redis.call('HINCRBY', grants, task.scanner, '-' .. task.rate) == 0 then
    redis.call('HDEL', grants, task.scanner)
    wait_on(kind, id, task.scanner, now)
  end
  if redis.call('HINCRBY', grants, 'all', '-' .. task.rate) == 0 then
    redis.call('HDEL', grants, 'all')
  end
  return true
end
