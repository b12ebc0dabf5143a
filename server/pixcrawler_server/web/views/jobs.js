// All jobs that you may see, newest first.
import { html } from "../lib/html.js";
import { number } from "../lib/format.js";
import { jobName } from "../lib/job_live.js";
import { Button, Empty, Head } from "../ui/parts.js";
import { JobList } from "./job_list.js";

const JOB = [{ name: "Job", lead: true, cell: (job) => html`<a href="/jobs/${job.id}" class="label">${jobName(job)}</a><p class="soft small">${job.dataset}</p>` }];
const MORE = [{ name: "Per category", right: true, cell: (job) => number(job.max_images) }];

export default function Jobs({ query }) {
  const begin = html`<${Button} href="/new" kind="primary" icon="plus">New crawl<//>`;
  const empty = html`<${Empty} icon="jobs" title="No job yet" actions=${begin}>Say what you look for and how many; PixCrawler finds, checks and sorts the pictures.<//>`;
  return html`<${Head} title="Jobs">${begin}<//><${JobList} path="/jobs" query=${query} columns=${JOB} more=${MORE} empty=${empty} />`;
}
