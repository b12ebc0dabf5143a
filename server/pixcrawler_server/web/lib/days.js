// Days, as the API takes them (UTC, `2026-11-28`) and as people choose them.
const DAY = 86_400_000;
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

export const today = () => new Date().toISOString().slice(0, 10);
export const daysBefore = (count, day = today()) => new Date(Date.parse(day) - count * DAY).toISOString().slice(0, 10);
export const dayName = (day) => short.format(new Date(`${day}T00:00Z`));

/** All days from the first to the last one. */
export function daysOf(first, last) {
  const found = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY) found.push(new Date(at).toISOString().slice(0, 10));
  return found;
}

/** Midnight where the user is, at the beginning of a day that they chose; nothing for no day. */
export const beginOf = (day) => (day ? new Date(`${day}T00:00`).toISOString() : undefined);
/** Midnight at its end. */
export function endOf(day) {
  if (!day) return undefined;
  const at = new Date(`${day}T00:00`);
  at.setDate(at.getDate() + 1);
  return at.toISOString();
}
