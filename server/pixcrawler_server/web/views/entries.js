// Entries of the audit log, as a table.
import { html } from "../lib/html.js";
import { capital, words } from "../lib/format.js";
import { Listing } from "../ui/listing.js";
import { Empty, Time } from "../ui/parts.js";

const PLACES = { job: "/jobs/", dataset: "/datasets/", project: "/projects/" };

/** `list` is what `useList` told; `actor(entry)` draws who did it, where that is to be shown. */
export function Entries({ list, actor, filtered, nothing }) {
  const columns = [
    { name: "When", cell: (entry) => html`<${Time} at=${entry.at} />` },
    { name: "What", lead: true, cell: (entry) => html`<span class="label">${capital(words(entry.action))}</span><${Details} of=${entry.details} />` },
    ...(actor ? [{ name: "Who", cell: actor }] : []),
    { name: "On", cell: (entry) => html`<${Thing} entry=${entry} />` },
  ];
  const empty = filtered ? html`<${Empty} icon="search" title="No entry fits">Change the filters above.<//>` : nothing;
  return html`<${Listing} name="Entries" list=${list} columns=${columns} empty=${empty} />`;
}

function Thing({ entry }) {
  if (!entry.entity) return html`<span class="soft">–</span>`;
  const id = entry.entity_id.length > 20 ? `${entry.entity_id.slice(0, 8)}…` : entry.entity_id;
  const name = html`${words(entry.entity)} <span class="mono small" title=${entry.entity_id}>${id}</span>`;
  const place = PLACES[entry.entity];
  return place && entry.entity_id ? html`<a class="nowrap" href="${place}${encodeURIComponent(entry.entity_id)}">${name}</a>` : html`<span class="nowrap">${name}</span>`;
}

function Details({ of }) {
  const told = Object.entries(of);
  if (!told.length) return null;
  return html`<p class="soft small">${told.map(([name, value]) => `${words(name)}: ${text(value)}`).join(" · ")}</p>`;
}

const text = (value) => (Array.isArray(value) ? value.join(", ") : value && typeof value === "object" ? JSON.stringify(value) : String(value));
