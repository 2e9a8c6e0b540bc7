-- A poll waits no more, or the process that was told of work for it has it no more.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] scanner   ARGV[3] process   ARGV[4] '1' to hand a wake-up on to the next
-- Returns {'ok'}
-- Guarantees: a poll of the scanner that waits in another process stays.
-- flag: allow-oom
-- include: polls
-- include: rouse
-- include: write_back
local scanner = ARGV[2]
if read(record_of('scanner', scanner), { 'poll' }).poll == ARGV[3] then
  end_wait(scanner)
end
if ARGV[4] == '1' then
  for _, queue in ipairs(each_queue(scanner)) do
    stir_queue(queue)
  end
end
write_back()
return { 'ok' }
