-- text(number): its decimal digits, all of them; `..` and tostring keep only 14.
local function text(number)
  return string.format('%.0f', number)
end
