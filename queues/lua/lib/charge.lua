-- include: keys
-- wait_no_more(kind, id, scanner): it does not count among those that wait for some of a budget.
local function wait_no_more(kind, id, scanner)
  if redis.call('ZREM', key(kind, id, 'waiters'), scanner) == 1 then
    redis.call('ZREM', key(kind, id, 'turns'), scanner)
  end
end

-- charge(budget, scanner, rate): grants some of it.
local function charge(budget, scanner, rate)
  local grants = key(budget.kind, budget.id, 'grants')
  budget.mine = redis.call('HINCRBY', grants, scanner, rate)
  budget.all = redis.call('HINCRBY', grants, 'all', rate)
  wait_no_more(budget.kind, budget.id, scanner)
end

-- discharge(grants, task): what was granted to a task comes free; false where nothing was, or the subnet
-- was deleted meanwhile.
local function discharge(grants, task)
  if redis.call('HEXISTS', grants, task.scanner) == 0 then
    return false
  end
  for _, field in ipairs({ task.scanner, 'all' }) do
    if redis.call('HINCRBY', grants, field, '-' .. task.rate) == 0 then
      redis.call('HDEL', grants, field)
    end
  end
  return true
end
