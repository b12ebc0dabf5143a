// What is being filled in, kept for this tab: nothing is lost by a reload, a way back or a session that ended.
import { useCallback, useEffect, useState } from "./html.js";

const BEFORE = "pixcrawler.draft.";

/** `[value, set, forget]`, as `useState`, under a name. */
export function useDraft(name, initial) {
  const [value, set] = useState(() => read(name) ?? initial);
  useEffect(() => {
    try {
      sessionStorage.setItem(BEFORE + name, JSON.stringify(value));
    } catch {
      // Storage is full or blocked: the form works, and is only not kept.
    }
  }, [name, value]);
  const forget = useCallback(() => {
    sessionStorage.removeItem(BEFORE + name);
    set(initial);
  }, [name]);
  return [value, set, forget];
}

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(BEFORE + name));
  } catch {
    return null;
  }
}
