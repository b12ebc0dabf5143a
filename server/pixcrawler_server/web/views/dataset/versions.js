// The versions of a dataset, and how two of them differ.
import { html } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { capital, number } from "../../lib/format.js";
import { useLoad } from "../../lib/load.js";
import { setQuery } from "../../lib/router.js";
import { Select } from "../../ui/form.js";
import { Badge, Card, Figure, Loaded, Table, Time } from "../../ui/parts.js";
import { Assembled } from "./missing.js";

const LISTED = 200;
const COLUMNS = [
  { name: "Version", lead: true, cell: (each) => html`<span class="row-s"><strong>${each.number}</strong>${each.current ? html`<${Badge} tone="good">current<//>` : null}</span>` },
  { name: "Images", right: true, cell: (each) => number(each.images) },
  { name: "Written", right: true, cell: (each) => html`<${Time} at=${each.created_at} />` },
];
const CHANGES = [
  { name: "Image", lead: true, cell: (each) => html`<span class="anywhere">${each.path}</span>` },
  { name: "Change", cell: (each) => each.kind },
  { name: "Before", cell: (each) => html`<span class="anywhere">${each.before ?? "–"}</span>` },
  { name: "After", cell: (each) => html`<span class="anywhere">${each.after ?? "–"}</span>` },
];
const ADDED = CHANGES.slice(0, 2);

export function Versions({ id, query }) {
  const versions = useLoad((signal) => get(`/datasets/${id}/versions`, { signal }), [id]);
  return html`<${Assembled} from=${versions} what="Loading the versions">${({ items }) => html`<div class="stack">
    <${Card} flush><${Table} name="Versions" columns=${COLUMNS} rows=${items} keyOf=${(each) => each.number} /><//>
    ${items.length > 1 ? html`<${Difference} id=${id} items=${items} query=${query} />` : html`<p class="soft">There is one version so far. Another one comes when a job or a review changes the images of a version that was published.</p>`}
  </div>`}<//>`;
}

function Difference({ id, items, query }) {
  const numbers = items.map((each) => String(each.number));
  const after = numbers.includes(query.after) ? query.after : numbers[0];
  const before = numbers.includes(query.before) ? query.before : numbers[1];
  const diff = useLoad((signal) => get(`/datasets/${id}/diff`, { query: { before, after, most: LISTED }, signal }), [id, before, after]);
  return html`<${Card} title="What changed">
    <div class="stack">
      <div class="filters">
        <${Select} label="From version" value=${before} options=${numbers} onInput=${(next) => setQuery({ before: next })} />
        <${Select} label="To version" value=${after} options=${numbers} onInput=${(next) => setQuery({ after: next })} />
      </div>
      <${Loaded} from=${diff} what="Comparing the versions">${(found) => html`
        <div class="grid-s">${Object.entries(found.counts).map(([kind, images]) => html`<${Figure} name=${capital(kind)}>${number(images)}<//>`)}</div>
        ${found.changes.length ? html`<${Table} name="Changes" columns=${found.changes.some((each) => each.before || each.after) ? CHANGES : ADDED} rows=${found.changes} keyOf=${(each) => each.kind + each.path} />` : html`<p class="soft">Both have the same images.</p>`}
        ${found.left_out ? html`<p class="soft">${number(found.left_out)} more changes are not listed here.</p>` : null}`}<//>
    </div>
  <//>`;
}
