-- A script that takes as long as another one, with as many calls of redis.call and as long an answer.
-- KEYS[1] a hash: reads, writes, spins, answer (its length)
-- ARGV[1] what was sent, to be written
-- Returns a text of the wanted length.
-- Guarantees: nothing but that it costs as much.
local profile = redis.call('HMGET', KEYS[1], 'reads', 'writes', 'spins', 'answer')
local reads, writes, spins = tonumber(profile[1]), tonumber(profile[2]), tonumber(profile[3])
local data = KEYS[1] .. ':data'
for i = 2, reads do
  redis.call('HGET', data, i)
end
for i = 1, writes do
  redis.call('HSET', data, i, i == 1 and ARGV[1] ~= '' and ARGV[1] or spins)
end
local x = 0
for i = 1, spins do
  x = (x + i) % 7
end
return string.rep('x', tonumber(profile[4]))
