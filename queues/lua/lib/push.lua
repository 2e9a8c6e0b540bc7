local ARGUMENTS_A_CALL = 1000 -- what Lua's stack takes with ease; even, for those that go in pairs

-- push(command, where, from, to): gives these arguments of the script to RPUSH or ZADD, in this order.
local function push(command, where, from, to)
  for i = from, to, ARGUMENTS_A_CALL do
    redis.call(command, where, unpack(ARGV, i, math.min(i + ARGUMENTS_A_CALL - 1, to)))
  end
end
