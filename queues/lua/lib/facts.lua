-- include: keys
-- include: records
-- include: capacities
-- include: alarm
local ENGINES_AT_MOST = 100

-- note_boot(scanner, boot, now): a boot id that comes back after another one is of two programs at once.
local function note_boot(scanner, boot, now)
  local s = read(record_of('scanner', scanner), { 'boot', 'boot_before' })
  if boot == '' or s.boot == boot then
    return
  end
  local is_back = s.boot_before == boot
  if s.boot then
    set(s, 'boot_before', s.boot)
  end
  set(s, 'boot', boot)
  if is_back then
    raise_alarm('scanner-duplicated', scanner, 'Two programs at once use the key of scanner ' .. scanner .. '.', now)
  end
end

-- note_facts(scanner, facts, now): what it says of itself: version, boot, engines (comma-separated), cpus,
-- memory in bytes, load; '' where it does not say.
local function note_facts(scanner, facts, now)
  local is_new = false
  local s = read(record_of('scanner', scanner), { 'version', 'engines', 'cpus', 'memory', 'load', 'cap_tasks', 'boot',
    'boot_before' })
  for _, name in ipairs({ 'version', 'engines', 'cpus', 'memory', 'load' }) do
    if facts[name] ~= '' and facts[name] ~= s[name] then
      is_new = is_new or name ~= 'load'
      set(s, name, facts[name])
    end
  end
  note_boot(scanner, facts.boot, now)
  if is_new then
    for engine in string.gmatch(facts.engines, '[^,]+') do
      if redis.call('SCARD', key('engines')) < ENGINES_AT_MOST then
        redis.call('SADD', key('engines'), engine)
      end
    end
    update_capacities(scanner)
  end
end
