-- include: begin
-- include: keys
-- include: text
-- include: write_back
-- The records of a site as a script sees them: a table of a record's fields by name, false where it has none.
-- A field is read once, and what changes is written once, by write_back. [1] is the key, [2] the names of the fields that
-- are to be written, [3] whether it was read as a whole. A field that was read or written is a text, one that add or set has
-- changed may be a number.
local RECORDS, CHANGED
STARTERS[#STARTERS + 1] = function()
  RECORDS, CHANGED = { scan = {}, scanner = {}, task = {}, queue = {} }, {}
end

-- record_of(kind, id): the record of a scan, a scanner, a task or a queue, with the fields that were read so far.
local function record_of(kind, id)
  local found = RECORDS[kind][id]
  if not found then
    found = { key(kind, id) }
    RECORDS[kind][id] = found
  end
  return found
end

-- known(kind, id, made): the record as it is known, or nil; made: from now on this is it.
local function known(kind, id, made)
  if made then
    RECORDS[kind][id] = made
  end
  return RECORDS[kind][id]
end

local function fetch(record, names)
  local values = redis.call('HMGET', record[1], unpack(names))
  for i = 1, #names do
    record[names[i]] = values[i]
  end
end

-- read(record, names): the record, in which these fields are known.
local function read(record, names)
  local unknown = nil
  for i = 1, #names do
    if record[names[i]] == nil then
      unknown = unknown or {}
      unknown[#unknown + 1] = names[i]
    end
  end
  if unknown then
    fetch(record, unknown)
  end
  return record
end

-- whole(record, names): the record, of which these fields are read together, once.
local function whole(record, names)
  if not record[3] then
    record[3] = true
    if record[2] then
      read(record, names)
    else
      fetch(record, names)
    end
  end
  return record
end

-- set(record, name, value): a field is this text or whole number from now on; false takes it away.
local function set(record, name, value)
  if record[name] == value then
    return
  end
  local changed = record[2]
  if not changed then
    changed = { nil, nil, nil, nil } -- room for four: an array that grows is made anew each time
    record[2] = changed
    CHANGED[#CHANGED + 1] = record
  end
  changed[#changed + 1] = name
  record[name] = value
end

-- add(record, name, number): a counter changes by so much; returns what it is then, a number.
local function add(record, name, number)
  local before = record[name]
  if before == nil then
    before = read(record, { name })[name]
  end
  local after = (before or 0) + number
  if before == after - number then -- it is a number, and no text that the store gave: it is to be written already
    record[name] = after
  else
    set(record, name, after)
  end
  return after
end

-- write(record): its changed fields, those that go first.
local function write(record)
  local changed, values, gone = record[2], { nil, nil, nil, nil, nil, nil, nil, nil }, nil
  record[2] = nil
  for i = 1, #changed do
    local name = changed[i]
    local value = record[name]
    if value then
      if type(value) == 'number' then
        value = text(value)
        record[name] = value
      end
      values[#values + 1] = name
      values[#values + 1] = value
    else
      gone = gone or {}
      gone[#gone + 1] = name
    end
  end
  if gone then
    redis.call('HDEL', record[1], unpack(gone))
  end
  if #values > 0 then
    redis.call('HSET', record[1], unpack(values))
  end
end

WRITERS[#WRITERS + 1] = function()
  for i = 1, #CHANGED do
    write(CHANGED[i])
  end
  CHANGED = {}
end
