// Jobs as a table, by their status; read again while one of them goes on.
import { html } from "../lib/html.js";
import { words } from "../lib/format.js";
import { useEvery, useList } from "../lib/load.js";
import { setQuery } from "../lib/router.js";
import { Select } from "../ui/form.js";
import { Listing } from "../ui/listing.js";
import { Badge, Bar, Empty, Time } from "../ui/parts.js";

const STATES = ["draft", "queued", "running", "paused", "cancelling", "completed", "completed_short", "failed", "cancelled"];
const OPTIONS = [["", "All"], ...STATES.map((each) => [each, words(each)])];
const GOING = ["queued", "running", "cancelling"];
const PAGE = 50;
const EVERY = 5000; // milliseconds

/** `columns` stand before the status, `more` behind it; `above(list)` stands over the table. */
export function JobList({ path, query, asked, columns, more = [], above = () => null, filtered, empty }) {
  const list = useList(path, { limit: PAGE, ...asked, status: query.status });
  useEvery(list.items.length <= PAGE && list.items.some((job) => GOING.includes(job.status)) ? EVERY : 0, list.reload);
  const none = filtered || query.status ? html`<${Empty} icon="search" title="No job is like that">Choose another status above, or all.<//>` : empty;
  return html`<div class="stack">
    <div class="filters"><${Select} label="Status" value=${query.status ?? ""} options=${OPTIONS} onInput=${(status) => setQuery({ status })} /></div>
    ${above(list)}
    <${Listing} name="Jobs" list=${list} columns=${[...columns, STATE, ...more, ORDERED]} empty=${none} />
  </div>`;
}

const STATE = {
  name: "Status",
  cell: (job) => html`<div class="job-bar stack-s"><span><${Badge} state=${job.status} /></span><${Bar} thin value=${job.progress} name="Progress of job ${job.id}" /></div>`,
};
const ORDERED = { name: "Ordered", right: true, cell: (job) => html`<${Time} at=${job.created_at} />` };
