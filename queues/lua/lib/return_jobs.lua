-- include: keys
-- include: place
-- include: rouse
-- return_jobs(scan): it has something to hand out again; those of its jobs that had left their waiting
-- lists come back under their own receipt number, the others may have come in reach.
local function return_jobs(scan)
  local jobs = redis.call('HGETALL', key('scan', scan, 'jobs'))
  for i = 1, #jobs, 2 do
    local is_out = jobs[i + 1] == 'out'
    if is_out and place(jobs[i], scan) or not is_out and place_of(jobs[i], scan) == 'ready' then
      stir(scan)
    end
  end
end
