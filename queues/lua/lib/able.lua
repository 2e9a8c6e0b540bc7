-- able_of(engines): a function that tells whether a scanner with these engines (comma-separated; '' is
-- one that never said and is taken to have all) can do an engine.
local function able_of(engines)
  local has = {}
  for engine in string.gmatch(engines, '[^,]+') do
    has[engine] = true
  end
  return function(engine)
    return engines == '' or has[engine] == true
  end
end
