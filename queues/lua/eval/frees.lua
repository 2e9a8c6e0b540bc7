-- What a script that frees room begins with where it has no flags: a full store takes it, and then the rest.
-- KEYS[1] the site   ARGV[…] the script's
-- Returns nothing
-- Guarantees: changes nothing.
redis.call('ZREM', KEYS[1] .. ':leases', '')
