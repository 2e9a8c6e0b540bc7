-- include: keys
-- include: text
-- include: scanner
-- Parked polls: a scanner that found nothing waits for work in a process of the ingest, which is told on its
-- channel when there is some. One poll a scanner is remembered, the last.
-- each_queue(scanner): its own queue, then those of its groups.
local function each_queue(scanner)
  local queues = { 's' .. scanner }
  for group in string.gmatch(scanner_of(scanner).groups or '', '[^,]+') do
    queues[#queues + 1] = 'g' .. group
  end
  return queues
end

-- begin_wait(scanner, process, expires): it waits there.
local function begin_wait(scanner, process, expires)
  local me = scanner_of(scanner)
  set(me, 'poll', process)
  set(me, 'poll_until', expires)
  for _, queue in ipairs(each_queue(scanner)) do
    redis.call('ZADD', key('queue', queue, 'polls'), text(me.served or 0), scanner)
  end
end

-- end_wait(scanner): it waits no more.
local function end_wait(scanner)
  local me = record_of('scanner', scanner)
  set(me, 'poll', false)
  set(me, 'poll_until', false)
  for _, queue in ipairs(each_queue(scanner)) do
    redis.call('ZREM', key('queue', queue, 'polls'), scanner)
  end
end
