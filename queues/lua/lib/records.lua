-- include: begin
-- include: known
-- include: text
-- include: write_back
-- What a script changes of records (known), written once.
local CHANGED = {}
STARTERS[#STARTERS + 1] = function()
  CHANGED = emptied(CHANGED)
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
  if before == after - number then -- only add and set make numbers, so it is to be written already
    record[name] = after
  else
    set(record, name, after)
  end
  return after
end

-- write(record): its changed fields, those that go first.
local function write(record)
  local changed, values, count, gone = record[2], { nil, nil, nil, nil, nil, nil, nil, nil }, 0, nil
  record[2] = nil
  for i = 1, #changed do
    local name = changed[i]
    local value = record[name]
    if value then
      if type(value) == 'number' then
        value = text(value)
        record[name] = value
      end
      values[count + 1], values[count + 2], count = name, value, count + 2
    else
      gone = gone or {}
      gone[#gone + 1] = name
    end
  end
  if gone then
    redis.call('HDEL', record[1], unpack(gone))
  end
  if count > 0 then
    redis.call('HSET', record[1], unpack(values))
  end
end

WRITERS[#WRITERS + 1] = function()
  for i = 1, #CHANGED do
    write(CHANGED[i])
  end
  CHANGED = emptied(CHANGED)
end
