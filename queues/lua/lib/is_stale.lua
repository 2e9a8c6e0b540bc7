-- include: keys
-- is_stale(scanner, version): whether the scanner's record changed since its key was checked.
local function is_stale(scanner, version)
  return redis.call('HGET', key('scanner', scanner), 'auth') ~= version
end
