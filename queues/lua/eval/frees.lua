-- The first write of a script that frees room, where it has no flags: a full store takes it, and then the rest.
redis.call('ZREM', KEYS[1] .. ':leases', '')
