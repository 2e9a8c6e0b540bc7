-- include: begin
-- include: known
local OF_QUEUE = { 'retired', 'slots' }

-- queue_of(id): the record of a job queue.
local function queue_of(id)
  local queue = CALL.queue[id]
  return queue and queue[3] and queue or whole(record_of('queue', id), OF_QUEUE)
end

-- can(id, engine): whether an online scanner of the queue has this engine.
local function can(id, engine)
  local name = 'engine:' .. engine
  local queue = read(record_of('queue', id), { name, 'engine:*' })
  return (queue[name] or queue['engine:*']) and true or false
end
