-- include: begin
-- include: keys
-- The records of a site as a script sees them: a table of a record's fields by name, false where it has none.
-- A field is read once, and what changes is written once, by write_back. [1] is the key, [2] the fields that are to be
-- written, [3] whether it was read as a whole. A field that was read is a text, one that
-- add or set has changed may be a number.
-- record_of(kind, id): the record of a scan, a scanner, a task or a queue, with the fields that were read so far.
local function record_of(kind, id)
  local found = CALL[kind][id]
  if not found then
    found = { key(kind, id) }
    CALL[kind][id] = found
  end
  return found
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
