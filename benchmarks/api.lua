-- What wrk found, as one line of JSON: times in seconds, p95 in microseconds.
done = function(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format('\nRESULT {"requests": %d, "seconds": %f, "p95": %f, "refused": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(95), bad))
end
