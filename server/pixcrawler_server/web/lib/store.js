// A value that views follow.
import { useEffect, useState } from "./html.js";

export function store(value) {
  const followers = new Set();
  return {
    get: () => value,
    set(next) {
      if (Object.is(value, next)) return;
      value = next;
      for (const tell of [...followers]) tell(value);
    },
    follow(tell) {
      followers.add(tell);
      return () => followers.delete(tell);
    },
  };
}

/** The value of a store, in a view that is drawn anew when it changes. */
export function useStore(from) {
  const [value, set] = useState(from.get());
  useEffect(() => {
    set(from.get());
    return from.follow(set);
  }, [from]);
  return value;
}
