// Thumbnails and avatars: fetched with the token, a few at a time, and kept as long as there is room.
import { useEffect, useState } from "./html.js";
import { blob } from "./api.js";

const MOST = 600; // pictures whose blobs are kept
const AT_ONCE = 6;
const kept = new Map(); // path -> {address, promise, users}
const queue = [];
let running = 0;

/** `{address, error}` of a picture of the API, for `src`; null until it is there. */
export function usePicture(path) {
  const [told, set] = useState({ address: ready(path), error: null });
  useEffect(() => {
    if (!path) return set({ address: null, error: null });
    let here = true;
    set({ address: ready(path), error: null });
    const entry = hold(path);
    entry.promise.then(
      (address) => here && set({ address, error: null }),
      (error) => here && set({ address: null, error }),
    );
    return () => {
      here = false;
      release(path, entry);
    };
  }, [path]);
  return told;
}

const ready = (path) => kept.get(path)?.address ?? null;

function hold(path) {
  let entry = kept.get(path);
  if (entry) kept.delete(path); // it moves to the end: used last
  else entry = begin(path);
  kept.set(path, entry);
  entry.users += 1;
  return entry;
}

function begin(path) {
  const entry = { address: null, users: 0, abort: new AbortController() };
  entry.promise = new Promise((done, failed) => queue.push({ path, entry, done, failed }));
  entry.promise.catch(() => kept.get(path) === entry && kept.delete(path));
  work();
  return entry;
}

function release(path, entry) {
  entry.users -= 1;
  if (!entry.address && !entry.users) {
    entry.abort.abort(); // scrolled past before it came
    if (kept.get(path) === entry) kept.delete(path);
  }
  for (const [name, each] of kept) {
    if (kept.size <= MOST) return;
    if (each.users) continue;
    if (each.address) URL.revokeObjectURL(each.address);
    kept.delete(name);
  }
}

async function work() {
  if (running >= AT_ONCE) return;
  const next = queue.pop(); // newest first: what is in sight now
  if (!next) return;
  running += 1;
  const { path, entry, done, failed } = next;
  try {
    entry.abort.signal.throwIfAborted();
    entry.address = URL.createObjectURL(await blob(path, { signal: entry.abort.signal }));
    done(entry.address);
  } catch (error) {
    failed(error);
  } finally {
    running -= 1;
    work();
  }
}
