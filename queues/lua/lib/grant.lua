-- include: text
-- include: offer
-- slower(rate, bound, limit, name): the slower of a rate (nil for none) and a limit, if there is one, and its name.
local function slower(rate, bound, limit, name)
  if limit and (not rate or limit < rate) then
    return limit, name
  end
  return rate, bound
end

-- grant(row, budgets, me, tasks, now): the rate of a task in probes per second, and which limit bound it:
-- the slowest wins. The scanner's and the port list's limits bound each job; of each budget it gets its
-- part of what is on offer, which `tasks` tasks of this claim share. No limit at all gives ''.
-- Or nil, 'spent' | 'share' (budget.offer), and the budget that says so.
local function grant(row, budgets, me, tasks, now)
  if #budgets == 0 and row.rate then
    return row.rate, row.bound
  end
  local rate, bound = slower(me.scanner_rate, me.scanner_rate and 'scanner' or '', row.port_rate, 'portList')
  local refused, by = nil, nil
  for i = 1, #budgets do
    local budget = budgets[i]
    local most, word = offer(budget, me.id, me.asked.least_rate, now)
    if most then
      local part = math.max(least_of(budget, me.asked.least_rate), math.floor(most / tasks))
      rate, bound = slower(rate, bound, part, budget.name)
    elseif not refused or (refused == 'share' and word == 'spent') then
      refused, by = word, budget
    end
  end
  if refused then
    return nil, refused, by
  end
  local granted = rate and text(rate) or ''
  if #budgets == 0 then
    row.rate, row.bound = granted, bound -- of all its tasks
  end
  return granted, bound
end
