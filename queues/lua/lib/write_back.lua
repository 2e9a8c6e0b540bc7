-- write_back(): what the steps of a script have changed is written. A step that keeps changes in memory adds
-- its writer; they write in the order in which their steps were included, those in FIRST_WRITERS before all others.
local WRITERS = {}
local FIRST_WRITERS = {}

local function write_back()
  for _, write in ipairs(FIRST_WRITERS) do
    write()
  end
  for _, write in ipairs(WRITERS) do
    write()
  end
end
