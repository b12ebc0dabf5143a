// What is being filled in, kept for this tab: nothing is lost by a reload, a way back or a session that ended.
import { useCallback, useEffect, useState } from "./html.js";
import { keep, kept } from "./kept.js";

const BEFORE = "pixcrawler.draft.";

/** `[value, set, forget]`, as `useState`, under a name. */
export function useDraft(name, initial) {
  const [value, set] = useState(() => kept("sessionStorage", BEFORE + name) ?? initial);
  useEffect(() => keep("sessionStorage", BEFORE + name, value), [name, value]);
  const forget = useCallback(() => {
    keep("sessionStorage", BEFORE + name, null);
    set(initial);
  }, [name]);
  return [value, set, forget];
}
