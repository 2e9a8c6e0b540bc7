-- include: keys
-- include: slice
-- next_open(row): takes the first open interval off the scan's list, as read_entry says, or nil where none is left.
-- What a cut leaves is in hand (row.rest) until put_back.
local function next_open(row)
  local slice = row.rest
  row.rest = nil
  if slice then
    return slice
  end
  local entry = redis.call('LPOP', key('scan', row.scan, 'open'))
  return entry and read_entry(entry) or nil
end

-- put_back(row): what is in hand goes back in front.
local function put_back(row)
  if row.rest then
    redis.call('LPUSH', key('scan', row.scan, 'open'), entry_of(row.rest))
    row.rest = nil
  end
end

-- keep_rest(slice, row, last): what follows a slice that was cut, up to there, is in hand, without its id.
local function keep_rest(slice, row, last)
  if slice.last < last then
    slice.first, slice.last, slice.id = slice.last, last, ''
    row.rest = slice
  end
end
