// Values that the browser keeps, in `localStorage` or `sessionStorage`: none where that is full or blocked.

export function kept(storage, name) {
  try {
    return JSON.parse(window[storage].getItem(name));
  } catch {
    return null;
  }
}

/** `null` is kept by nobody. */
export function keep(storage, name, value) {
  try {
    if (value === null) window[storage].removeItem(name);
    else window[storage].setItem(name, JSON.stringify(value));
  } catch {
    // What there is holds for this page.
  }
}
