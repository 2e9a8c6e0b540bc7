-- include: keys
-- include: text
-- include: known
local ENDED_AT_MOST = 100

-- Parked polls: a scanner that found nothing waits for work in a process of the ingest, which is told on its
-- channel when there is some. One poll a scanner is remembered, the last. They are written at once, not by write_back.
-- each_queue(scanner): its own queue, then those of its groups.
local function each_queue(scanner)
  local queues = { 's' .. scanner }
  for group in string.gmatch(read(record_of('scanner', scanner), { 'groups' }).groups or '', '[^,]+') do
    queues[#queues + 1] = 'g' .. group
  end
  return queues
end

-- begin_wait(scanner, process, expires): it waits there.
local function begin_wait(scanner, process, expires)
  local me = read(record_of('scanner', scanner), { 'served' })
  redis.call('HSET', me[1], 'poll', process, 'poll_until', expires)
  redis.call('ZADD', key('polls'), expires, scanner)
  for _, queue in ipairs(each_queue(scanner)) do
    redis.call('ZADD', key('queue', queue, 'polls'), me.served or 0, scanner)
  end
end

-- end_wait(scanner): it waits no more.
local function end_wait(scanner)
  local me = record_of('scanner', scanner)
  me.poll, me.poll_until = false, false
  redis.call('HDEL', me[1], 'poll', 'poll_until')
  redis.call('ZREM', key('polls'), scanner)
  for _, queue in ipairs(each_queue(scanner)) do
    redis.call('ZREM', key('queue', queue, 'polls'), scanner)
  end
end

-- end_old_waits(now): polls that are over and were not taken off.
local function end_old_waits(now)
  for _, scanner in ipairs(redis.call('ZRANGEBYSCORE', key('polls'), '-inf', '(' .. text(now), 'LIMIT', 0, ENDED_AT_MOST)) do
    end_wait(scanner)
  end
end
