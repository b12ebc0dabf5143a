// The jobs of all users, newest first.
import { html } from "../../lib/html.js";
import { setQuery } from "../../lib/router.js";
import { Button, Empty, Notice } from "../../ui/parts.js";
import { JobList } from "../job_list.js";
import { AdminHead, forAdmins } from "./frame.js";

const COLUMNS = [
  { name: "Job", lead: true, cell: (job) => html`<a class="label" href="/jobs/${job.id}">${job.dataset}</a><p class="soft small">Job ${job.id}</p>` },
  { name: "Owner", cell: (job) => (job.owner_id ? html`<a class="wrap-anywhere" href="/admin/users/${job.owner_id}">${job.owner}</a>` : html`<span class="soft">command line</span>`) },
];

export default forAdmins(function AllJobs({ query }) {
  const { owner } = query;
  const all = html`<${Button} kind="small" onClick=${() => setQuery({ owner: "" })}>Show all<//>`;
  const above = (list) => (owner ? html`<${Notice} actions=${all}>Only those of ${list.items[0]?.owner ?? "one user"}.<//>` : null);
  const empty = html`<${Empty} icon="jobs" title="No job yet">Nobody has ordered one.<//>`;
  return html`<${AdminHead} title="Jobs of all" />
    <${JobList} path="/admin/jobs" query=${query} asked=${{ owner }} columns=${COLUMNS} above=${above} filtered=${owner} empty=${empty} />`;
});
