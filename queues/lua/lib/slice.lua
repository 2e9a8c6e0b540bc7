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

-- slice_of(first, last, segment, id, subnets): an open interval: first, last (exclusive), segment, task ('' for a fresh
-- one), ids of its subnets; budgets, rate and bound as a claim finds them, for which there is room from the start.
local function slice_of(first, last, segment, id, subnets)
  return { first = first, last = last, segment = segment, id = id, subnets = subnets, budgets = nil, rate = nil,
    bound = nil }
end

-- read_entry(entry), entry_of(slice): from its text on a scan's list, and to it.
local function read_entry(entry)
  local first, last, segment, id, subnets = string.match(entry, '^(%d+):(%d+):(%d+):(%d*):([%d,]*)$')
  return slice_of(first + 0, last + 0, segment, id, subnets)
end

local function entry_of(slice)
  return text(slice.first) .. ':' .. text(slice.last) .. ':' .. slice.segment .. ':' .. slice.id .. ':' .. slice.subnets
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
