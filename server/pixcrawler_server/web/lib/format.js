// Numbers with units, and times where the user is.
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const thousandths = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 3 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const SIZES = ["B", "kB", "MB", "GB", "TB", "PB"];
const SPANS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
];
const NONE = "–";

export const number = (value) => (value === null || value === undefined ? NONE : whole.format(value));
export const decimal = (value) => (value === null || value === undefined ? NONE : tenths.format(value));
/** A score between 0 and 1. */
export const score = (value) => (value === null || value === undefined ? NONE : thousandths.format(value));
export const percent = (value) => (value === null || value === undefined ? NONE : `${tenths.format(value)} %`);

/** `3 images`, `1 image`. */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

export function bytes(value) {
  if (value === null || value === undefined) return NONE;
  let step = 0;
  let size = value;
  while (size >= 1000 && step < SIZES.length - 1) [size, step] = [size / 1000, step + 1];
  return `${step ? tenths.format(size) : whole.format(size)} ${SIZES[step]}`;
}

/** `2 h 5 min`, of seconds. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  if (total < 3600) return joined([Math.floor(total / 60), "min"], [total % 60, "s"]);
  if (total < 86_400) return joined([Math.floor(total / 3600), "h"], [Math.floor((total % 3600) / 60), "min"]);
  return joined([Math.floor(total / 86_400), "d"], [Math.floor((total % 86_400) / 3600), "h"]);
}

const joined = (...parts) => parts.filter(([value]) => value).map(([value, unit]) => `${value} ${unit}`).join(" ");

export const time = (iso) => (iso ? moment.format(new Date(iso)) : NONE);
export const exactTime = (iso) => (iso ? exact.format(new Date(iso)) : "");

/** `5 minutes ago`; the date, of what is longer ago than a week. */
export function since(iso, now = Date.now()) {
  if (!iso) return NONE;
  let value = (new Date(iso).getTime() - now) / 1000;
  for (const [unit, most] of SPANS) {
    if (Math.abs(value) < most) return ago.format(Math.round(value), unit);
    value /= most;
  }
  return moment.format(new Date(iso));
}

/** `image/jpeg` words of the API as people read them: `completed_short` is `completed short`. */
export const words = (text) => String(text).replaceAll("_", " ");

/** A text with a capital letter at its beginning. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const money = (cents, currency) =>
  new Intl.NumberFormat(undefined, { style: "currency", currency: currency.toUpperCase() }).format(cents / 100);
/** A price, which may be a part of a cent. */
export const price = (cents, currency) =>
  new Intl.NumberFormat(undefined, { style: "currency", currency: currency.toUpperCase(), maximumFractionDigits: 5 }).format(cents / 100);
