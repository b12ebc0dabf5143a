// Files of the API, saved by the browser: they need the token, which no link can carry.
import { response } from "./api.js";

const KEPT = 60_000; // milliseconds for which the browser may begin to save

/** Fetch a file and save it as `name`. `onProgress(done, most)` is told bytes; `most` is null where unknown. */
export async function save(path, name, { query, onProgress = () => {} } = {}) {
  const answer = await response("GET", path, { query });
  const most = Number(answer.headers.get("Content-Length")) || null;
  const parts = [];
  const reader = answer.body.getReader();
  for (let done = 0; ; ) {
    const { value, done: ended } = await reader.read();
    if (ended) break;
    parts.push(value);
    done += value.length;
    onProgress(done, most);
  }
  const address = URL.createObjectURL(new Blob(parts));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT);
}
