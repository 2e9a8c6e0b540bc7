-- include: begin
-- What a script has made: something to be had now of a scan, on a queue, by a scanner, anywhere in the site.
-- stir(scan, most): there is something of it for those that wait on its queues; for so many of them at most.
local function stir(scan, most)
  local scans = kept('stirred_scans')
  if not scans[scan] then
    scans[#scans + 1] = scan
  end
  scans[scan] = math.max(scans[scan] or 0, most or math.huge)
end

-- stir_queue(queue, places): they may have the scans for which there is room now that its job capacity has so many
-- places more; without a number, whatever is ready or in reach.
local function stir_queue(queue, places)
  local queues = kept('stirred_queues')
  if not queues[queue] then
    queues[#queues + 1] = queue
  end
  queues[queue] = (queues[queue] or 0) + (places or math.huge)
end

-- stir_scanner(scanner): there may be something that it could not have before.
local function stir_scanner(scanner)
  local scanners = kept('stirred_scanners')
  if not scanners[scanner] then
    scanners[scanner] = true
    scanners[#scanners + 1] = scanner
  end
end

-- stir_site(): the rules have changed: any scan that is not finished may make room, or have something.
local function stir_site()
  CALL.stirred_site = true
end
