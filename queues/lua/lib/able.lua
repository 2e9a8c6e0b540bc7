-- able_of(engines): a function that tells whether a scanner with these engines (comma-separated; '' is
-- one that never said and is taken to have all) can do an engine.
local function able_of(engines)
  local all = ',' .. engines .. ','
  return function(engine)
    return engines == '' or string.find(all, ',' .. engine .. ',', 1, true) ~= nil
  end
end
