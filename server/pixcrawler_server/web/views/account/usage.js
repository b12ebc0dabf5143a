// What was used, what the plan allows, and what the month costs.
import { html } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { dayName, daysBefore, daysOf, today } from "../../lib/days.js";
import { bytes, count, decimal, number } from "../../lib/format.js";
import { useLoad } from "../../lib/load.js";
import { setQuery } from "../../lib/router.js";
import { Segments } from "../../ui/form.js";
import { Bar, Card, Loaded } from "../../ui/parts.js";
import { Columns } from "../../ui/plot.js";
import { AccountHead } from "./frame.js";
import { Invoice, KINDS } from "./invoice.js";

const LIMITS = [
  ["storage_bytes", "Storage", bytes, ""],
  ["projects", "Projects", number, ""],
  ["datasets", "Datasets", number, ""],
  ["jobs_per_day", "Jobs in 24 hours", number, ""],
  ["concurrent_jobs", "Jobs at once", number, "Those that wait count as well."],
];
const UNITS = {
  images: (value) => count(value, "image"),
  requests: (value) => count(value, "request"),
  compute: (value) => `${decimal(value / 3600)} h`,
  storage: (value) => `${decimal(value / 1e9)} GB h`,
};

export default function Usage({ query }) {
  const quota = useLoad((signal) => get("/me/quota", { signal }));
  return html`<${AccountHead} title="Usage" />
    <div class="stack-l">
      <${Loaded} from=${quota} what="Loading your quota">${(told) => html`<${Quota} told=${told} />`}<//>
      <${Days} kind=${query.kind in KINDS ? query.kind : "images"} />
      <${Invoice} month=${query.month} />
    </div>`;
}

function Quota({ told }) {
  const about = told.limits ? `Your plan is “${told.plan}”.` : "You are an admin: no limit holds for you.";
  return html`<${Card} title="Quota" about=${about}><div class="grid-s">
    ${LIMITS.map(([name, title, format, note]) => html`<${Share} ...${{ title, format, note }} used=${told.used[name]} most=${told.limits?.[name]} />`)}
    ${told.limits ? html`<div><p class="label">Images of a job</p><p class="number">${number(told.limits.images_per_job)} <span class="soft">at most</span></p></div>` : null}
  </div><//>`;
}

function Share({ title, format, note, used, most }) {
  const full = most !== undefined && used >= most;
  return html`<div class="stack-s share ${full ? "full" : ""}">
    <p class="label">${title}</p>
    ${most === undefined ? null : html`<${Bar} value=${used} most=${most} name=${title} />`}
    <p class="number">${format(used)}${most === undefined ? null : html` <span class="soft">of ${format(most)}</span>`}${full ? html` <span class="problem">used up</span>` : null}</p>
    ${note ? html`<p class="hint">${note}</p>` : null}
  </div>`;
}

function Days({ kind }) {
  const last = today();
  const first = daysBefore(29, last);
  const used = useLoad((signal) => get("/usage", { query: { kind, since: first, until: last }, signal }), [kind]);
  const format = UNITS[kind];
  const choose = html`<${Segments} label="What was used" hidden value=${kind} onInput=${(each) => setQuery({ kind: each === "images" ? "" : each })} options=${Object.entries(KINDS)} />`;
  return html`<${Card} title="The last 30 days" about="Days begin at midnight UTC." actions=${choose}>
    <${Loaded} from=${used} what="Loading what was used">${({ items, totals }) => {
      const by = Object.groupBy(items.filter((row) => row.kind === kind), (row) => row.day);
      const rows = daysOf(first, last).map((day) => ({ key: day, label: dayName(day), values: [(by[day] ?? []).reduce((sum, row) => sum + row.amount, 0)] }));
      return html`<div class="stack"><p class="figure-value">${format(totals[kind] ?? 0)}</p><${Columns} title="${KINDS[kind]} by day" rows=${rows} series=${[KINDS[kind]]} format=${format} /></div>`;
    }}<//>
  <//>`;
}
