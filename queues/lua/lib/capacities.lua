-- include: records
-- include: presence
local function number(value)
  return value and value ~= '' and tonumber(value) or nil
end

-- capacities(s): target, task and job capacity of a scanner by design §1: what was set wins, then what
-- its machine can bear. s has set_targets, set_tasks, set_jobs, cpus, memory, groups.
local function capacities(s)
  local targets = number(s.set_targets)
  if not targets then
    targets = 1024
    if number(s.cpus) and number(s.memory) then
      targets = math.max(1, math.min(1024 * s.cpus, math.floor(s.memory / 2097152)))
    end
  end
  local tasks = number(s.set_tasks) or math.min(32, math.max(1, math.floor(targets / 128)))
  local jobs = number(s.set_jobs) or ((s.groups or '') ~= '' and math.min(3, tasks) or 1)
  return targets, tasks, jobs
end

-- update_capacities(scanner): the effective capacities follow the scanner's record.
local function update_capacities(scanner)
  local me = record_of('scanner', scanner)
  local targets, tasks, jobs = capacities(
    read(me, { 'set_targets', 'set_tasks', 'set_jobs', 'cpus', 'memory', 'groups', 'cap_targets' }))
  tasks = math.min(tasks, targets) -- a heartbeat may lower a default below what was set
  jobs = math.min(jobs, tasks)
  if targets > tonumber(me.cap_targets or '0') then
    stir_scanner(scanner)
  end
  set(me, 'cap_targets', targets)
  set(me, 'cap_tasks', tasks)
  set(me, 'cap_jobs', jobs)
  set(record_of('queue', 's' .. scanner), 'cap', jobs)
  update_presence(scanner)
end
