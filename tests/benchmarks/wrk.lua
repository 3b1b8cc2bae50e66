-- Sends the requests of a file one after another and prints the results as JSON.
-- Arguments: the file (requests separated by NUL) and, optionally, text each response must contain.

local requests, threads = {}, {}
-- Global, because `done` runs in another Lua state and can read only globals.
sent, unexpected = 0, 0

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for request in file:read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = request
  end
  file:close()
  local expected = arguments[2]
  -- Only defined if needed, because wrk then reads the responses, which takes time.
  if expected then
    response = function(_, _, body)
      if not body:find(expected, 1, true) then unexpected = unexpected + 1 end
    end
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"errors":%d,"unexpected":%d,"sent":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    threads[1]:get("unexpected"), threads[1]:get("sent")
  ))
end
