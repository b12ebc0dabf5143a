// A server that has too much to do is asked again by itself, where that does nothing twice.
const PATIENCE = 3; // times that it is asked again
const LONGEST_WAIT = 5000; // milliseconds

/** What `send()` answers; after a 503 it is sent again when `Retry-After` says so. */
export async function patient(send, signal) {
  for (let again = 0; ; again += 1) {
    const answer = await send();
    if (answer.status !== 503 || again >= PATIENCE) return answer;
    const after = Number(answer.headers.get("Retry-After")) || 1;
    await moment(Math.min((after + Math.random()) * 1000, LONGEST_WAIT), signal); // pages that were refused together come apart
  }
}

/** After so long; fails when the signal says so. */
export function moment(milliseconds, signal) {
  return new Promise((go, stop) => {
    setTimeout(go, milliseconds);
    signal?.addEventListener("abort", () => stop(signal.reason), { once: true });
  });
}
