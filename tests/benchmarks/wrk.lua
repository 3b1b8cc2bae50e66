-- Sends the requests of a file, one after the other, and tells what came of them as JSON.
-- Arguments: the file (requests separated by NUL), and what each answer must hold, if anything.

local requests, threads = {}, {}
-- Global, for `done` runs elsewhere and can read only those.
sent, refused = 0, 0

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
  -- wrk asks only for a `response` that is there, and reading answers costs it time.
  if expected then
    response = function(_, _, body)
      if not body:find(expected, 1, true) then refused = refused + 1 end
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
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"errors":%d,"refused":%d,"sent":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    threads[1]:get("refused"), threads[1]:get("sent")
  ))
end
