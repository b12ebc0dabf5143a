// All jobs that you may see, newest first.
import { html } from "../lib/html.js";
import { number } from "../lib/format.js";
import { useEvery, useList } from "../lib/load.js";
import { setQuery } from "../lib/router.js";
import { Select } from "../ui/form.js";
import { Badge, Bar, Button, Card, Empty, Head, Loading, More, Problem, Table, Time } from "../ui/parts.js";

const STATES = ["draft", "queued", "running", "paused", "cancelling", "completed", "completed_short", "failed", "cancelled"];
const COLUMNS = [
  { name: "Job", lead: true, cell: (job) => html`<a href="/jobs/${job.id}" class="label">${job.keywords.slice(0, 4).join(", ") || job.dataset}</a><p class="soft small">${job.dataset}</p>` },
  { name: "Status", cell: (job) => html`<${Badge} state=${job.status} />` },
  { name: "Progress", cell: (job) => html`<div class="job-bar"><${Bar} value=${job.progress} name="Progress of job ${job.id}" /></div>` },
  { name: "Per category", right: true, cell: (job) => number(job.max_images) },
  { name: "Ordered", right: true, cell: (job) => html`<${Time} at=${job.created_at} />` },
];

export default function Jobs({ query }) {
  const list = useList("/jobs", { limit: 50, status: query.status });
  useEvery(list.items.some((job) => ["queued", "running", "cancelling"].includes(job.status)) && list.items.length <= 50 ? 5000 : 0, list.reload);
  const begin = html`<${Button} href="/new" kind="primary" icon="plus">New crawl<//>`;
  return html`<${Head} title="Jobs">${begin}<//>
    <div class="stack">
      <div class="filters"><${Select} label="Status" value=${query.status ?? ""} options=${[["", "All"], ...STATES.map((each) => [each, each.replaceAll("_", " ")])]}
        onInput=${(status) => setQuery({ status })} /></div>
      <${Problem} error=${list.error} again=${list.reload} />
      <${Card} flush>
        ${list.items.length ? html`<${Table} name="Jobs" columns=${COLUMNS} rows=${list.items} />` : null}
        ${!list.items.length && list.loading ? html`<div class="plain"><${Loading} what="Loading the jobs" /></div>` : null}
        ${!list.items.length && !list.loading && !list.error ? html`<${Nothing} filtered=${Boolean(query.status)} begin=${begin} />` : null}
        <${More} list=${list} />
      <//>
    </div>`;
}

function Nothing({ filtered, begin }) {
  return filtered
    ? html`<${Empty} icon="search" title="No job stands there">Choose another status above.<//>`
    : html`<${Empty} icon="jobs" title="No job yet" actions=${begin}>Say what you look for and how many; PixCrawler finds, checks and sorts the pictures.<//>`;
}
