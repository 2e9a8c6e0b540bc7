-- Looks through unfinished scans for jobs in a retired queue, and ends those jobs.
-- KEYS[1] the site
-- ARGV[1] queue   ARGV[2] status of the scans   ARGV[3] the scan after which to go on
-- ARGV[4] how many at most   ARGV[5] '1' to end the jobs, '0' only to look
-- Returns {'ok', the last scan looked at, or ''} | {'only_queue', scan}
-- Guarantees: a scan whose other queues are all retired keeps its job here.
-- flag: allow-oom
-- include: keys
-- include: queue
-- include: scan
local queue, most = ARGV[1], tonumber(ARGV[4])
local scans = redis.call('ZRANGEBYSCORE', key('scans', ARGV[2]), '(' .. ARGV[3], '+inf', 'LIMIT', 0, most)
for _, scan in ipairs(scans) do
  local jobs = key('scan', scan, 'jobs')
  if redis.call('HEXISTS', jobs, queue) == 1 then
    local others = 0
    for _, other in ipairs(redis.call('HKEYS', jobs)) do
      others = others + (queue_of(other).retired and 0 or 1)
    end
    if others == 0 then
      return { 'only_queue', scan }
    end
    if ARGV[5] == '1' then
      redis.call('HDEL', jobs, queue)
      redis.call('ZREM', key('queue', queue, 'ready'), scan)
      redis.call('ZREM', key('queue', queue, 'closed'), scan)
      redis.call('ZREM', key('queue', queue, 'parked', scan_of(scan).engine), scan)
    end
  end
end
return { 'ok', #scans == most and scans[#scans] or '' }
