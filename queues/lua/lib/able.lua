-- is_able(engines, engine): whether a scanner with these engines (comma-separated; '' is one that never said and is
-- taken to have all) can do an engine.
local function is_able(engines, engine)
  return engines == '' or engines == engine
    or string.find(',' .. engines .. ',', ',' .. engine .. ',', 1, true) ~= nil
end
