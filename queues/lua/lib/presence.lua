-- include: keys
local function count(counted, sign)
  local slots, engines, queues = string.match(counted, '^(%d+)|([^|]*)|(.*)$')
  for queue in string.gmatch(queues or '', '[^,]+') do
    local at = key('queue', queue)
    redis.call('HINCRBY', at, 'online', sign)
    redis.call('HINCRBY', at, 'slots', sign * tonumber(slots))
    for engine in string.gmatch(engines, '[^,]+') do
      if redis.call('HINCRBY', at, 'engine:' .. engine, sign) == 0 then
        redis.call('HDEL', at, 'engine:' .. engine)
        redis.call('HSET', at, 'lost', '1')
      end
    end
  end
end

-- update_presence(scanner): what an available scanner adds to each of its queues (task slots, who can
-- do which engine) follows its record. `counted` holds what was added, so nothing is added twice.
local function update_presence(scanner)
  local me = key('scanner', scanner)
  local s = redis.call('HMGET', me, 'enabled', 'drain', 'online', 'cap_tasks', 'engines', 'groups',
    'counted', 'retired')
  local counts = ''
  if s[1] == '1' and s[2] ~= '1' and s[3] == '1' and not s[8] then
    local engines = (s[5] and s[5] ~= '') and s[5] or '*'
    counts = s[4] .. '|' .. engines .. '|s' .. scanner
    for group in string.gmatch(s[6] or '', '[^,]+') do
      counts = counts .. ',g' .. group
    end
  end
  if counts ~= (s[7] or '') then
    count(counts, 1)
    count(s[7] or '', -1)
    redis.call('HSET', me, 'counted', counts)
  end
end
