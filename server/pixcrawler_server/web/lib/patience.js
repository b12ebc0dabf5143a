// A server that has too much to do is asked again by itself, where that does nothing twice.
const PATIENCE = 3; // times that it is asked again
const LONGEST_WAIT = 5000; // milliseconds

/** What `send()` answers; after a 503 it is sent again when `Retry-After` says so. */
export async function patient(send, signal) {
  for (let again = 0; ; again += 1) {
    const answer = await send();
    if (answer.status !== 503 || again >= PATIENCE) return answer;
    const after = Number(answer.headers.get("Retry-After")) || 1;
    await moment((after + Math.random()) * 1000, signal); // pages that were refused together come apart
  }
}

function moment(milliseconds, signal) {
  return new Promise((go, stop) => {
    setTimeout(go, Math.min(milliseconds, LONGEST_WAIT));
    signal?.addEventListener("abort", () => stop(signal.reason), { once: true });
  });
}
