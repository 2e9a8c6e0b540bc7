-- include: begin
-- include: keys
-- include: text
-- include: write_back
-- The records of a site as a script sees them: a table of a record's fields by name, false where it has none.
-- A field is read once, and what changes is written once, by write_back. [1] is the key, [2] what has changed, [3]
-- whether it was read as a whole.
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

-- read(record, names): the record, in which these fields are known.
local function read(record, names)
  local unknown = nil
  for _, name in ipairs(names) do
    if record[name] == nil then
      unknown = unknown or {}
      unknown[#unknown + 1] = name
    end
  end
  if unknown then
    local values = redis.call('HMGET', record[1], unpack(unknown))
    for i, name in ipairs(unknown) do
      record[name] = values[i]
    end
  end
  return record
end

-- whole(record, names): the record, of which these fields are read together, once.
local function whole(record, names)
  if not record[3] then
    record[3] = true
    read(record, names)
  end
  return record
end

-- set(record, name, value): a field is this text or whole number from now on; false takes it away.
local function set(record, name, value)
  local changed = record[2]
  if not changed then
    changed = {}
    record[2] = changed
    CHANGED[#CHANGED + 1] = record
  end
  if not changed[name] then
    changed[name] = true
    changed[#changed + 1] = name
  end
  record[name] = value
end

-- add(record, name, number): a counter changes by so much; returns what it is then, a number.
local function add(record, name, number)
  if record[name] == nil then
    read(record, { name })
  end
  local after = (record[name] or 0) + number
  set(record, name, after)
  return after
end

-- written(record): the fields of a record that are to be written, with their values, and those that go.
local function written(record)
  local values, gone = {}, {}
  for _, name in ipairs(record[2]) do
    local value = record[name]
    if value then
      values[#values + 1] = name
      values[#values + 1] = type(value) == 'number' and text(value) or value
    else
      gone[#gone + 1] = name
    end
  end
  return values, gone
end

WRITERS[#WRITERS + 1] = function()
  for _, record in ipairs(CHANGED) do
    local values, gone = written(record)
    if #gone > 0 then
      redis.call('HDEL', record[1], unpack(gone))
    end
    if #values > 0 then
      redis.call('HSET', record[1], unpack(values))
    end
    record[2] = nil
  end
  CHANGED = {}
end
