-- Notes that an operator has seen an alarm.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] alarm
-- Returns {'ok'} | {'not_found'}
-- Guarantees: the first time counts; an alarm that is no longer kept is not made anew.
-- include: clock
-- include: keys
local alarm = key('alarm', ARGV[2])
if redis.call('EXISTS', alarm) == 0 then
  return { 'not_found' }
end
redis.call('HSETNX', alarm, 'acked', clock(ARGV[1]))
return { 'ok' }
