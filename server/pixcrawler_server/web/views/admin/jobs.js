// The jobs of all users, newest first.
import { html } from "../../lib/html.js";
import { words } from "../../lib/format.js";
import { useEvery, useList } from "../../lib/load.js";
import { setQuery } from "../../lib/router.js";
import { Select } from "../../ui/form.js";
import { Listing } from "../../ui/listing.js";
import { Badge, Bar, Button, Empty, Notice, Time } from "../../ui/parts.js";
import { AdminHead, forAdmins } from "./frame.js";

const STATES = ["draft", "queued", "running", "paused", "cancelling", "completed", "completed_short", "failed", "cancelled"];
const GOING = ["queued", "running", "cancelling"];
const PAGE = 50;
const COLUMNS = [
  { name: "Job", lead: true, cell: (job) => html`<a class="label" href="/jobs/${job.id}">${job.dataset}</a><p class="soft small">Job ${job.id}</p>` },
  { name: "Owner", cell: (job) => (job.owner_id ? html`<a class="wrap-anywhere" href="/admin/users/${job.owner_id}">${job.owner}</a>` : html`<span class="soft">command line</span>`) },
  { name: "Status", cell: (job) => html`<${Badge} state=${job.status} />` },
  { name: "Progress", cell: (job) => html`<div class="job-bar"><${Bar} value=${job.progress} name="Progress of job ${job.id}" /></div>` },
  { name: "Ordered", right: true, cell: (job) => html`<span class="nowrap"><${Time} at=${job.created_at} /></span>` },
];

export default forAdmins(function AllJobs({ query }) {
  const list = useList("/admin/jobs", { limit: PAGE, status: query.status, owner: query.owner });
  useEvery(list.items.length <= PAGE && list.items.some((job) => GOING.includes(job.status)) ? 5000 : 0, list.reload);
  const all = html`<${Button} kind="small" onClick=${() => setQuery({ owner: "" })}>Show all<//>`;
  return html`<${AdminHead} title="Jobs of all" />
    <div class="stack">
      <div class="filters"><${Select} label="Status" value=${query.status ?? ""} options=${[["", "All"], ...STATES.map((each) => [each, words(each)])]} onInput=${(status) => setQuery({ status })} /></div>
      ${query.owner ? html`<${Notice} actions=${all}>Only those of ${list.items[0]?.owner ?? "one user"}.<//>` : null}
      <${Listing} name="Jobs" list=${list} columns=${COLUMNS} empty=${html`<${Empty} icon="jobs" title="No job stands there">${query.status || query.owner ? "Choose another status, or show all." : "Nobody has ordered one yet."}<//>`} />
    </div>`;
});
