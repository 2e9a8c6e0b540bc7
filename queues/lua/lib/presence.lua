-- include: keys
-- include: text
-- include: records
-- include: rouse
local function count(counted, sign)
  local slots, engines, queues = string.match(counted, '^(%d+)|([^|]*)|(.*)$')
  for queue in string.gmatch(queues or '', '[^,]+') do
    local at = record_of('queue', queue)
    add(at, 'online', sign)
    add(at, 'slots', sign * tonumber(slots))
    for engine in string.gmatch(engines, '[^,]+') do
      if add(at, 'engine:' .. engine, sign) == 0 then
        set(at, 'engine:' .. engine, false)
        redis.call('SET', key('queue', queue, 'lost'), '1')
        stir_queue(queue)
      end
    end
  end
end

-- update_presence(scanner): what an available scanner adds to each of its queues (task slots, who can
-- do which engine) follows its record. `counted` holds what was added, so nothing is added twice.
local function update_presence(scanner)
  local s = read(record_of('scanner', scanner),
    { 'enabled', 'drain', 'online', 'cap_tasks', 'engines', 'groups', 'counted', 'retired' })
  local counts = ''
  if s.enabled == '1' and s.drain ~= '1' and s.online == '1' and not s.retired then
    local engines = (s.engines and s.engines ~= '') and s.engines or '*'
    counts = text(s.cap_tasks) .. '|' .. engines .. '|s' .. scanner
    for group in string.gmatch(s.groups or '', '[^,]+') do
      counts = counts .. ',g' .. group
    end
  end
  if counts ~= (s.counted or '') then
    count(counts, 1)
    count(s.counted or '', -1)
    set(s, 'counted', counts)
    stir_scanner(scanner)
  end
end
