-- write_back(): what the steps of a script have changed is written. A step that keeps changes in memory adds
-- its writer; they write in the order in which their steps were included. First come settlers, which change records.
local WRITERS, SETTLERS = {}, {}

local function write_back()
  for i = 1, #SETTLERS do
    SETTLERS[i]()
  end
  for i = 1, #WRITERS do
    WRITERS[i]()
  end
end
