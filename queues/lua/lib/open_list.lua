-- include: keys
-- include: scan
-- include: records
-- include: slice
-- The open intervals of a scan are a list, and what a cut has left of the first one is a field of its record, front: a
-- claim that cuts on writes a record that it writes anyhow.
-- has_open(scan): whether there are any.
local function has_open(scan)
  return scan_of(scan).front or redis.call('EXISTS', key('scan', scan, 'open')) == 1
end

-- first_open(scan): the first of them, as read_entry reads it, or nil.
local function first_open(scan)
  return scan_of(scan).front or redis.call('LINDEX', key('scan', scan, 'open'), 0)
end

-- count_open(scan): how many there are.
local function count_open(scan)
  return redis.call('LLEN', key('scan', scan, 'open')) + (scan_of(scan).front and 1 or 0)
end

-- push_open(scan, entry): it comes before all others.
local function push_open(scan, entry)
  local s = scan_of(scan)
  if s.front then
    redis.call('LPUSH', key('scan', scan, 'open'), s.front)
    set(s, 'front', false)
  end
  redis.call('LPUSH', key('scan', scan, 'open'), entry)
end

-- drop_open(scan): none is left.
local function drop_open(scan)
  redis.call('DEL', key('scan', scan, 'open'))
  set(scan_of(scan), 'front', false)
end

-- next_open(row): takes the first one, as read_entry says, or nil where none is left. What a cut leaves is in hand
-- (row.rest) until put_back; row.took_front: there is no front but that.
local function next_open(row)
  local slice, entry = row.rest, nil
  row.rest = nil
  if slice then
    return slice
  end
  if not row.took_front then
    row.took_front, entry = true, record_of('scan', row.scan).front
  end
  entry = entry or redis.call('LPOP', key('scan', row.scan, 'open'))
  return entry and read_entry(entry) or nil
end

-- is_used_up(row): whether the claim has taken them all.
local function is_used_up(row)
  return not row.rest and row.took_front and redis.call('EXISTS', key('scan', row.scan, 'open')) == 0
end

-- put_back(row): what is in hand is in front again.
local function put_back(row)
  if row.took_front then
    set(record_of('scan', row.scan), 'front', row.rest and entry_of(row.rest) or false)
    row.rest, row.took_front = nil, false
  end
end

-- keep_rest(slice, row, last, to): what follows a slice that was cut, up to there (a number and as a text), is in hand,
-- without its id.
local function keep_rest(slice, row, last, to)
  if slice.last < last then
    slice.first, slice.from, slice.id = slice.last, slice.to, ''
    slice.last, slice.to = last, to
    row.rest = slice
  end
end
