// What became of the candidates of a job, why they were left out, and how its sources stand.
import { html } from "../../lib/html.js";
import { count, number, since, words } from "../../lib/format.js";
import { Badge, Card } from "../../ui/parts.js";

const STAGES = [
  ["found", "Found", ""],
  ["fetched", "Fetched", ""],
  ["accepted", "Accepted", "good"],
  ["rejected", "Rejected", "out"],
  ["duplicate", "Duplicates", "out"],
  ["failed", "Not fetched", "out"],
  ["refused", "Not allowed", "out"],
];

export function Funnel({ live }) {
  const stages = live.stages ?? {};
  const most = Math.max(1, ...Object.values(stages));
  return html`<${Card} title="Stages" about="Candidates of this run, by where they got to.">
    <ul class="funnel">${STAGES.map(
      ([name, label, tone]) => html`<li key=${name}><span>${label}</span><span class="funnel-bar ${tone}"><span style=${{ width: `${(100 * (stages[name] ?? 0)) / most}%` }}></span></span>
        <span class="number">${number(stages[name] ?? 0)}</span></li>`,
    )}</ul>
  <//>`;
}

export function Reasons({ reasons }) {
  const rows = Object.entries(reasons ?? {}).slice(0, 12);
  return html`<${Card} title="Why images are left out">${rows.length
    ? html`<ul class="counts">${rows.map(([name, value]) => html`<li key=${name}><span class="cut">${name}</span><span class="number">${number(value)}</span></li>`)}</ul>`
    : html`<p class="soft">Nothing was left out so far.</p>`}<//>`;
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
