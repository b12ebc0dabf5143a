// What views read from the API, and what becomes of it.
import { useCallback, useEffect, useRef, useState } from "./html.js";
import { get, post } from "./api.js";

const SETTLED = 700; // milliseconds without a change after which the server is asked

/**
 * `{data, error, loading, reload, set}` of `load(signal)`, asked again when one of `of` changes. What was
 * there stays while it is asked again.
 */
export function useLoad(load, of = []) {
  const [told, set] = useState({ data: null, error: null, loading: true });
  const [round, again] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    set((before) => ({ ...before, loading: true }));
    load(abort.signal).then(
      (data) => abort.signal.aborted || set({ data, error: null, loading: false }),
      (error) => abort.signal.aborted || set((before) => ({ ...before, error, loading: false })),
    );
    return () => abort.abort();
  }, [...of, round]);
  const reload = useCallback(() => again((count) => count + 1), []);
  const put = useCallback((data) => set({ data, error: null, loading: false }), []);
  return { ...told, reload, set: put };
}

/** `{items, more, next, error, loading, reload}` of a list of the API; `next()` fetches another page. */
export function useList(path, query = {}) {
  const [told, set] = useState({ items: [], cursor: null, error: null, loading: true });
  const [round, again] = useState(0);
  const asked = JSON.stringify([path, query, round]);
  const current = useRef(asked);
  current.current = asked;
  const fetchPage = useCallback(
    async (cursor) => {
      set((before) => ({ ...before, loading: true }));
      try {
        const page = await get(path, { query: { ...query, ...(cursor ? { cursor } : {}) } });
        if (current.current !== asked) return;
        set((before) => ({
          items: cursor ? [...before.items, ...page.items] : page.items,
          cursor: page.next_cursor,
          error: null,
          loading: false,
        }));
      } catch (error) {
        if (current.current === asked) set((before) => ({ ...before, error, loading: false }));
      }
    },
    [asked],
  );
  useEffect(() => {
    fetchPage(null);
  }, [fetchPage]);
  const next = useCallback(() => told.cursor && fetchPage(told.cursor), [fetchPage, told.cursor]);
  const reload = useCallback(() => again((count) => count + 1), []);
  return { ...told, more: Boolean(told.cursor), next, reload };
}

/** `[run, {busy, error, clear}]`: runs `work(...)` once at a time, and keeps its error to be shown. */
export function useAct(work) {
  const [told, set] = useState({ busy: false, error: null });
  const running = useRef(false);
  const run = async (...given) => {
    if (running.current) return undefined;
    running.current = true;
    set({ busy: true, error: null });
    try {
      const done = await work(...given);
      set({ busy: false, error: null });
      return done;
    } catch (error) {
      set({ busy: false, error });
      return undefined;
    } finally {
      running.current = false;
    }
  };
  return [run, { ...told, clear: () => set({ busy: false, error: null }) }];
}

/** `value` as it was when it had last stayed the same for so many milliseconds; null before. */
export function useSettled(value, milliseconds) {
  const [settled, set] = useState(null);
  useEffect(() => {
    const timer = setTimeout(() => set(value), milliseconds);
    return () => clearTimeout(timer);
  }, [JSON.stringify(value)]);
  return settled;
}

/** What the server says to a body that is still being made, as `useLoad` tells it; nothing to null. */
export function useAnswer(path, body, milliseconds = SETTLED) {
  const asked = useSettled(body, milliseconds);
  return useLoad((signal) => (asked ? post(path, asked, { key: null, signal }) : Promise.resolve(null)), [asked]);
}

/** What a list was a moment ago: it changes once in so many milliseconds at most, and not in all pages at once. */
export function useCalm(value, milliseconds) {
  const [calm, set] = useState(value);
  const latest = useRef(value);
  const timer = useRef(null);
  latest.current = value;
  useEffect(() => {
    timer.current ??= setTimeout(
      () => {
        timer.current = null;
        set(latest.current);
      },
      calm?.length ? milliseconds * (0.5 + Math.random() / 2) : 0,
    );
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return calm;
}

/** Do something again and again while the page is looked at, each so many milliseconds. */
export function useEvery(milliseconds, work) {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (!milliseconds) return undefined;
    const timer = setInterval(() => document.hidden || latest.current(), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
