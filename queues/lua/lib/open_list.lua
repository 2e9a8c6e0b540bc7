-- include: keys
-- include: text
-- next_open(row): takes the first open interval off the scan's list: its text, or nil where none is left.
-- What a cut leaves is in hand (row.rest) until put_back.
local function next_open(row)
  local entry = row.rest
  row.rest = nil
  return entry or redis.call('LPOP', key('scan', row.scan, 'open')) or nil
end

-- put_back(row): what is in hand goes back in front.
local function put_back(row)
  if row.rest then
    redis.call('LPUSH', key('scan', row.scan, 'open'), row.rest)
    row.rest = nil
  end
end

-- cut(slice, row, most): at most so many addresses of it; the rest stays in hand, without its id.
local function cut(slice, row, most)
  if slice.last - slice.first > most then
    local first = slice.first + most
    row.rest = text(first) .. ':' .. text(slice.last) .. ':' .. slice.segment .. '::' .. slice.subnets
    slice.last = first
  end
end
