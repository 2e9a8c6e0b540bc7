-- include: keys
-- frees(): the script frees room. As its first write this has a full store take the rest of it, where it is no function with
-- the flag allow-oom.
local function frees()
  redis.call('ZREM', key('leases'), '')
end
