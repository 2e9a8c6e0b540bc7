-- include: begin
-- include: known
-- include: write_back
-- What a script changes of records (known), written once.
-- note(record, name): this field is to be written.
local function note(record, name)
  local changed = record[2]
  if not changed then
    changed = { nil, nil, nil, nil, nil, nil, nil, nil } -- with room: an array that grows is made anew each time
    record[2] = changed
    CALL.changed[#CALL.changed + 1] = record
  end
  local count = #changed
  changed[count + 1], changed[count + 2] = name, name -- its value takes the second place (write)
end

-- set(record, name, value): a field is this text or whole number from now on; false takes it away.
local function set(record, name, value)
  if record[name] ~= value then
    record[name] = value
    note(record, name)
  end
end

-- change(record, changes): several fields at once (name, value, …), none of which goes.
local function change(record, changes)
  for i = 1, #changes, 2 do
    record[changes[i]] = changes[i + 1]
  end
  if record[2] then
    for i = 1, #changes, 2 do
      note(record, changes[i])
    end
  else
    record[2] = changes
    CALL.changed[#CALL.changed + 1] = record
  end
end

-- add(record, name, number): a counter changes by so much; returns what it is then, a number.
local function add(record, name, number)
  local before = record[name]
  if before == nil then
    before = read(record, { name })[name]
  end
  local after = (before or 0) + number
  record[name] = after
  if before ~= after - number then -- only add and set make numbers, so it is noted already
    note(record, name)
  end
  return after
end

-- without_gone(record): the fields that have gone are taken away; returns the others that are to be written.
local function without_gone(record)
  local stay, gone = {}, {}
  for i = 1, #record[2], 2 do
    local name = record[2][i]
    if record[name] then
      stay[#stay + 1], stay[#stay + 2] = name, record[name]
    else
      gone[#gone + 1] = name
    end
  end
  redis.call('HDEL', record[1], unpack(gone))
  return stay
end

-- write(record): its changed fields, as they are now.
local function write(record)
  local changed, has_gone = record[2], false
  for i = 1, #changed, 2 do
    local value = record[changed[i]]
    changed[i + 1] = value
    has_gone = has_gone or not value
  end
  if has_gone then
    changed = without_gone(record)
  end
  if #changed > 0 then
    redis.call('HSET', record[1], unpack(changed))
  end
  record[2] = nil
end

WRITERS[#WRITERS + 1] = function()
  for i = 1, #CALL.changed do
    write(CALL.changed[i])
  end
  CALL.changed = nil -- from here on nothing is
end
