-- include: keys
local ARGUMENTS_A_CALL = 1000 -- what Lua's stack takes with ease

-- push_open(scan, from, to): these arguments of the script are open intervals of the scan, in this order.
local function push_open(scan, from, to)
  for i = from, to, ARGUMENTS_A_CALL do
    local last = math.min(i + ARGUMENTS_A_CALL - 1, to)
    redis.call('RPUSH', key('scan', scan, 'open'), unpack(ARGV, i, last))
  end
end
