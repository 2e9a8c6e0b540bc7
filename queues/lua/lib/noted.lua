-- include: begin
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
