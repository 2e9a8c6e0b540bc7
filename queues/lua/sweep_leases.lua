-- Takes back tasks whose lease ran out.
-- KEYS[1] the site
-- ARGV[1] now or ''   ARGV[2] lease_ms   ARGV[3] how many at most
-- Returns {'ok', how many}
-- Guarantees: work is taken from scanners here (and by the same step in claims), and nowhere else.
-- flag: allow-oom
-- include: clock
-- include: text
-- include: sweep
-- include: write_back
local swept = sweep(clock(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]))
write_back()
return { 'ok', text(swept) }
