-- include: begin
-- include: known
-- include: noted
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
