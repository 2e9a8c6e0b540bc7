-- include: text
-- include: known
-- slice_size(row, rate, me): how many addresses the next slice of a scan has (design §2): about
-- task_seconds of probing, shrinking towards the end of the scan, within the free capacity.
local function slice_size(row, rate, me)
  if row.hosts_per_task then
    return math.min(row.hosts_per_task, me.targets)
  end
  local each_second = rate / row.ports
  local by_time = math.floor(me.asked.task_seconds * each_second)
  local share = math.ceil(row.open / (2 * math.max(1, row.slots)))
  local size = math.min(by_time, math.max(share, math.floor(each_second)))
  return math.max(1, math.min(size, math.ceil(me.targets / me.tasks)))
end

local PREFER_OTHERS_MS = 30000

-- read_entry(entry): an open interval from its text: first and last (exclusive), both also as texts (from,
-- to), segment, task ('' for a fresh one), ids of its subnets; with room for budgets, rate and bound as a claim finds them.
local function read_entry(entry)
  local from, to, segment, id, subnets = string.match(entry, '^(%d+):(%d+):(%d+):(%d*):([%d,]*)$')
  return { first = from + 0, last = to + 0, from = from, to = to, segment = segment, id = id, subnets = subnets,
    budgets = nil, rate = nil, bound = nil }
end

-- entry_of(slice): and to it.
local function entry_of(slice)
  return slice.from .. ':' .. slice.to .. ':' .. slice.segment .. ':' .. slice.id .. ':' .. slice.subnets
end

-- cut(slice, size): it ends after so many addresses.
local function cut(slice, size)
  slice.last = slice.first + size
  slice.to = text(slice.last)
end

-- is_for_others(slice, row, me, now): whether an interval that was handed out before failed on this scanner a moment ago, and
-- other scanners of the queue are online to try it.
local function is_for_others(slice, row, me, now)
  if row.slots <= me.cap_tasks then
    return false
  end
  local failed = read(record_of('task', slice.id), { 'failed_by', 'failed_at' })
  return failed.failed_by == me.id and now - tonumber(failed.failed_at) < PREFER_OTHERS_MS
end
