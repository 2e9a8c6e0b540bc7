-- include: begin
-- text(number): the decimal digits of a whole number, all of them; `..` and tostring keep only 14, and '%.0f' costs
-- four times as much.
local NOW = nil
local NOW_TEXT = nil
local SMALL = {} -- those of small numbers, once they were asked for
local format = nil
STARTERS[#STARTERS + 1] = function()
  NOW, NOW_TEXT, format = nil, nil, string.format
end

local function text(number)
  local small = SMALL[number]
  if small then
    return small
  end
  number = number + 0
  if number == NOW then
    return NOW_TEXT
  elseif number < 0 then
    return '-' .. text(-number)
  elseif number < 1000 then
    SMALL[number] = format('%d', number)
    return SMALL[number]
  elseif number < 1000000000 then
    return format('%d', number)
  end
  return format('%d%09d', math.floor(number / 1000000000), number % 1000000000)
end

-- note_now(now): the moment of this call, which most records are to have.
local function note_now(now)
  NOW, NOW_TEXT = now, text(now)
end
