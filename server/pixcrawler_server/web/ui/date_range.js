// Two days in the address, `since` and `until`, as filters.
import { html } from "../lib/html.js";
import { setQuery } from "../lib/router.js";
import { TextField } from "./form.js";

/** `latest` is the last day that can be chosen. */
export function DateRange({ since, until, latest }) {
  const field = (label, name, value, max) => html`<${TextField} label=${label} type="date" max=${max} value=${value ?? ""} onInput=${(day) => setQuery({ [name]: day })} />`;
  return html`<div class="filters-grid short">${field("From", "since", since, until ?? latest)}${field("To", "until", until, latest)}</div>`;
}
