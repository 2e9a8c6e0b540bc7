-- text(number): the decimal digits of a whole number, all of them; `..` and tostring keep only 14, and '%.0f' costs
-- four times as much. A command takes numbers as they are, and writes all their digits.
local SMALL = {} -- those of small numbers, once they were asked for

local function text(number)
  local small = SMALL[number]
  if small then
    return small
  end
  number = number + 0
  if number < 0 then
    return '-' .. text(-number)
  elseif number < 1000 then
    small = number .. ''
    SMALL[number] = small
    return small
  elseif number < 1000000000 then
    return string.format('%d', number)
  end
  return string.format('%d%09d', math.floor(number / 1000000000), number % 1000000000)
end
