-- include: keys
-- include: task
-- include: charge
-- include: records
-- charge_late(task, subnet): a task that was handed out before a subnet was limited counts against its
-- budget from now on; peak keeps that this was not handed out above the limit.
local function charge_late(task, subnet)
  if task.rate == '' or redis.call('EXISTS', key('subnet', subnet)) == 0 then
    return
  end
  local budget = { kind = 'subnet', id = subnet }
  charge(budget, task.scanner, task.rate)
  local peak = tonumber(redis.call('HGET', key('subnet', subnet), 'peak') or '0')
  redis.call('HSET', key('subnet', subnet), 'peak', math.max(peak, budget.all))
end

-- adopt(task, marks, subnets, new): a task in flight meets changed rules: marks has cancel and recut, '1'
-- or ''; subnets are all those that it is within now, new those that it did not know.
local function adopt(task, marks, subnets, new)
  for name, value in pairs(marks) do
    if value == '1' then
      set(task, name, value)
    end
  end
  task.subnets = subnets
  set(task, 'slice', slice_text(task))
  for subnet in string.gmatch(new, '%d+') do
    charge_late(task, subnet)
  end
end
