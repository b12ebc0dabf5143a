// A list of the API, in a card.
import { html } from "../lib/html.js";
import { Card, Loading, More, Problem, Table } from "./parts.js";

/** `list` is what `useList` told; `empty` is drawn where it has nothing. The rest is as for `Table`, `title` as for `Card`. */
export function Listing({ list, empty, title, ...table }) {
  const bones = html`<div class="plain"><${Loading} what="Loading: ${table.name}" /></div>`;
  const nothing = list.loading ? bones : list.error ? null : empty;
  return html`<${Problem} error=${list.error} again=${list.reload} />
    ${list.error && !list.items.length ? null : html`<${Card} flush title=${title}>${list.items.length ? html`<${Table} rows=${list.items} ...${table} />` : nothing}<${More} list=${list} /><//>`}`;
}
