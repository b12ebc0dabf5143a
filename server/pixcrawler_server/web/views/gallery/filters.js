// Filters of a gallery: each is in the address.
import { html } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { FILTERS, VERDICTS } from "../../lib/gallery.js";
import { setQuery } from "../../lib/router.js";
import { Segments, Select } from "../../ui/form.js";
import { Button } from "../../ui/parts.js";

const ORDERS = [["", "Category"], ["best", "Best first"], ["worst", "Worst first"]];
const NONE = Object.fromEntries(FILTERS.map((name) => [name, null]));
const changed = (changes) => setQuery({ ...changes, image: null }, { replace: false });

export function Filters({ query, facets, open, set }) {
  const verdict = query.verdict ?? "";
  const active = FILTERS.filter((name) => query[name] && name !== "verdict" && name !== "order").length;
  return html`<section class="gallery-filters" aria-label="Filters">
    <div class="row">
      <${Segments} hidden label="Verdict" value=${verdict} options=${VERDICTS} onInput=${(next) => changed({ ...NONE, category: query.category, source: query.source, verdict: next })} />
      <${Button} icon="search" aria-expanded=${String(open)} onClick=${() => set(!open)}>Filters${active ? html` <span class="number">(${active})</span>` : null}<//>
      ${active ? html`<${Button} kind="quiet" onClick=${() => changed({ ...NONE, verdict, order: query.order })}>Clear<//>` : null}
    </div>
    ${open ? html`<div class="filters">${verdict ? html`<${LeftOut} ...${{ query, facets, verdict }} />` : html`<${Kept} ...${{ query, facets }} />`}</div>` : null}
  </section>`;
}

function Kept({ query, facets }) {
  const one = (label, name, from) => html`<${OneOf} ...${{ label, name, query, from: facets?.[from] ?? [] }} />`;
  return html`
    ${one("Category", "category", "categories")}
    ${one("Source", "source", "engines")}
    ${one("Licence", "licence", "licences")}
    ${one("Host", "host", "hosts")}
    ${one("Label", "label", "labels")}
    ${one("Split", "split", "splits")}
    ${one("Decision", "decision", "decisions")}
    <${Quality} query=${query} />
    <${Select} label="Order" value=${query.order ?? ""} options=${ORDERS} onInput=${(order) => changed({ order })} />`;
}

function LeftOut({ query, facets, verdict }) {
  const reasons = (facets?.reasons ?? []).filter((each) => each.state === verdict && each.name);
  return html`
    <${OneOf} ...${{ label: "Category", name: "category", query, from: facets?.categories ?? [] }} bare />
    <${OneOf} ...${{ label: "Source", name: "source", query, from: facets?.engines ?? [] }} bare />
    <${OneOf} ...${{ label: "Reason", name: "reason", query, from: reasons }} />
    ${query.group ? html`<${Button} icon="close" onClick=${() => changed({ group: null })}>Of one image<//>` : null}`;
}

/** One of the values that there are; one that is in the address stays, though nothing has it. */
function OneOf({ label, name, query, from, bare = false }) {
  const names = [...new Set(from.map((each) => each.name))];
  const counts = new Map(from.map((each) => [each.name, each.images]));
  if (query[name] && !counts.has(query[name])) names.push(query[name]);
  if (!names.length) return null;
  const told = names.map((each) => [each, bare || !counts.has(each) ? each : `${each} (${number(counts.get(each))})`]);
  return html`<${Select} label=${label} value=${query[name] ?? ""} options=${[["", "All"], ...told]} onInput=${(value) => changed({ [name]: value })} />`;
}

const STEPS = Array.from({ length: 11 }, (_, place) => (place / 10).toFixed(1));

function Quality({ query }) {
  const pairs = (usual) => [["", usual], ...STEPS.map((each) => [each, each])];
  return html`
    <${Select} label="Quality from" value=${query.min ?? ""} options=${pairs("Any")} onInput=${(min) => changed({ min })} />
    <${Select} label="Quality to" value=${query.max ?? ""} options=${pairs("Any")} onInput=${(max) => changed({ max })} />`;
}
