-- include: keys
local REMEMBERED_SECONDS = 86400

-- repeated(name, digest): nil for a request that is new (or has no name), the id of what it made when the
-- same request came before, false when another one had this name.
local function repeated(name, digest)
  local before = name ~= '' and redis.call('GET', key('repeat', name))
  if not before then
    return nil
  end
  local same, id = string.match(before, '^(.*):(%d+)$')
  return same == digest and id
end

-- remember(name, digest, id): what this request made.
local function remember(name, digest, id)
  if name ~= '' then
    redis.call('SET', key('repeat', name), digest .. ':' .. id, 'EX', REMEMBERED_SECONDS)
  end
end
