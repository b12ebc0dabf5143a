// What became of the candidates of a job, why they were left out, and how its sources stand.
import { html } from "../../lib/html.js";
import { count, since, words } from "../../lib/format.js";
import { Badge, Card } from "../../ui/parts.js";
import { Bars } from "../../ui/plot.js";

const STAGES = [
  ["found", "Found", "6"],
  ["fetched", "Fetched", "6"],
  ["accepted", "Accepted", "1"],
  ["rejected", "Rejected", "2"],
  ["duplicate", "Duplicates", "2"],
  ["failed", "Not fetched", "2"],
  ["refused", "Not allowed", "2"],
];

export function Funnel({ live }) {
  const rows = STAGES.map(([stage, name, tone]) => ({ name, tone, value: live.stages?.[stage] ?? 0 }));
  return html`<${Card} title="Stages" about="Candidates of this run, by where they got to."><${Bars} name="Stages" rows=${rows} /><//>`;
}

export function Reasons({ reasons }) {
  const rows = Object.entries(reasons ?? {}).map(([name, value]) => ({ name: words(name), value }));
  return html`<${Card} title="Why images are left out">${rows.length ? html`<${Bars} name="Reasons" rows=${rows} tone="2" />` : html`<p class="soft">Nothing was left out so far.</p>`}<//>`;
}

export function Engines({ engines }) {
  const rows = Object.entries(engines ?? {});
  return html`<${Card} title="Sources">${rows.length
    ? html`<ul class="counts">${rows.map(([name, each]) => html`<li key=${name}>
        <span class="cut">${name} <span class="soft small">${pages(each.pages)}</span></span>
        <span class="row-s">${each.suspended_until && new Date(each.suspended_until) > new Date() ? html`<span class="soft small">asked again ${since(each.suspended_until)}</span>` : null}<${Badge} state=${each.state} /></span></li>`)}</ul>`
    : html`<p class="soft">They are told when the job runs.</p>`}<//>`;
}

const pages = (told) =>
  Object.entries(told ?? {})
    .map(([name, value]) => `${count(value, "answer")}${name === "ok" ? "" : ` ${words(name)}`}`)
    .join(", ");
