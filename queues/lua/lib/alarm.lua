-- include: keys
-- include: new_id
local ALARMS_KEPT = 1000

-- raise_alarm(kind, subject, message, now): raises it, unless it is up already.
local function raise_alarm(kind, subject, message, now)
  local name = kind .. ':' .. subject
  if redis.call('HEXISTS', key('raised'), name) == 1 then
    return
  end
  local id = new_id(now)
  redis.call('HSET', key('raised'), name, id)
  redis.call('HSET', key('alarm', id), 'kind', kind, 'subject', subject, 'message', message,
    'raised', now)
  redis.call('ZADD', key('alarms'), id, id)
  if redis.call('ZCARD', key('alarms')) > ALARMS_KEPT then
    local oldest = redis.call('ZPOPMIN', key('alarms'))[1]
    local old = redis.call('HMGET', key('alarm', oldest), 'kind', 'subject')
    local up = old[1] .. ':' .. old[2]
    if redis.call('HGET', key('raised'), up) == oldest then
      redis.call('HDEL', key('raised'), up)
    end
    redis.call('DEL', key('alarm', oldest))
  end
end

-- clear_alarm(kind, subject, now): clears it, if it is up.
local function clear_alarm(kind, subject, now)
  local name = kind .. ':' .. subject
  local id = redis.call('HGET', key('raised'), name)
  if id then
    redis.call('HDEL', key('raised'), name)
    redis.call('HSET', key('alarm', id), 'cleared', now)
  end
end
