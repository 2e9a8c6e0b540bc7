-- write_back(): what the steps of a script have changed is written. A step that keeps changes in memory adds
-- its writer; they write in the order in which their steps were included.
local WRITERS = {}

local function write_back()
  for i = 1, #WRITERS do
    WRITERS[i]()
  end
end
