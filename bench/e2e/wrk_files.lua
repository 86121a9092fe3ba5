-- Asks for many files by turns: NAME0, NAME1, ... (wrk … -- /NAME COUNT). The requests are made
-- beforehand, so that it costs wrk as little as asking for one.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "wrk_report.lua")

local requests = {}
local last = 0

function init(arguments)
  for number = 0, tonumber(arguments[2]) - 1 do
    requests[#requests + 1] = wrk.format("GET", arguments[1] .. number)
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end
