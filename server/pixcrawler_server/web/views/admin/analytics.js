// What the jobs of all found and kept.
import { html } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { dayName, daysBefore, daysOf, today } from "../../lib/days.js";
import { bytes, number, percent, words } from "../../lib/format.js";
import { useLoad } from "../../lib/load.js";
import { DateRange } from "../../ui/date_range.js";
import { Card, Empty, Figure, Loaded, Table } from "../../ui/parts.js";
import { Columns, Legend } from "../../ui/plot.js";
import { AdminHead, forAdmins } from "./frame.js";

const FATES = [["accepted", "Accepted"], ["rejected", "Rejected"], ["duplicates", "Duplicates"], ["failed", "Failed"], ["refused", "Refused"]];
const NAMES = FATES.map(([, name]) => name);
const PARTS = [["engine", "Sources", "Source"], ["reason", "Reasons", "Reason"], ["project", "Projects", "Project"]];
const fates = (row) => FATES.map(([name]) => row[name]);
const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);

export default forAdmins(function Analytics({ query }) {
  const until = day(query.until) ?? today();
  const since = day(query.since) ?? daysBefore(29, until);
  const days = { since, until };
  return html`<${AdminHead} title="Analytics" about="URLs that jobs found, and what became of them, as of the end of the last run of each. Days begin at midnight UTC." />
    <div class="stack-l">
      <${DateRange} ...${days} latest=${today()} />
      <${ByDay} ...${days} />
      ${PARTS.map(([by, title, name]) => html`<${By} key=${by} ...${{ by, title, name, ...days }} />`)}
    </div>`;
});

const day = (text) => (/^\d{4}-\d\d-\d\d$/.test(text ?? "") ? text : null);

function useFigures(by, since, until) {
  return useLoad((signal) => get("/analytics", { query: { by, since, until }, signal }), [by, since, until]);
}

function ByDay({ since, until }) {
  const found = useFigures("day", since, until);
  return html`<${Card} title="Days"><${Loaded} from=${found} what="Loading the days">${({ items }) => {
    if (!items.length) return html`<${Empty} icon="search" title="No job ran on these days">Choose other ones above.<//>`;
    const by = Object.fromEntries(items.map((row) => [row.key, row]));
    const rows = daysOf(since, until).map((key) => ({ key, label: dayName(key), values: by[key] ? fates(by[key]) : FATES.map(() => 0) }));
    const [all, kept] = [sum(items, "candidates"), sum(items, "accepted")];
    return html`<div class="stack">
      <div class="grid-s"><${Figure} name="Found">${number(all)}<//><${Figure} name="Accepted" note=${all ? percent((100 * kept) / all) : ""}>${number(kept)}<//><${Figure} name="Kept">${bytes(sum(items, "bytes"))}<//></div>
      <${Columns} title="URLs by day" rows=${rows} series=${NAMES} />
    </div>`;
  }}<//><//>`;
}

function By({ by, title, name, since, until }) {
  const found = useFigures(by, since, until);
  return html`<${Card} title=${title} flush><${Loaded} from=${found} what="Loading the ${title.toLowerCase()}">${({ items }) => {
    if (!items.length) return html`<p class="plain soft">Nothing on these days.</p>`;
    const most = Math.max(...items.map((row) => row.candidates));
    return html`<div class="plain-top"><${Legend} series=${NAMES} /></div><${Table} name=${title} columns=${columnsOf(by, name, most)} rows=${items} keyOf=${(row) => row.key} />`;
  }}<//><//>`;
}

const columnsOf = (by, name, most) => [
  { name, lead: true, cell: (row) => html`<span class="label">${called(by, row.key)}</span><${Stacked} values=${fates(row)} most=${most} />` },
  { name: "Found", right: true, cell: (row) => number(row.candidates) },
  ...FATES.map(([field, title]) => ({ name: title, right: true, cell: (row) => number(row[field]) })),
];

function called(by, key) {
  if (by === "project") return html`<a href="/projects/${key}">Project ${key}</a>`;
  if (by === "reason" && !key) return "Not left out";
  return key ? words(key) : "none";
}

/** The numbers stand beside it. */
function Stacked({ values, most }) {
  let left = 0;
  const parts = values.map((value, place) => {
    const x = left;
    left += (100 * value) / most;
    return html`<rect class="plot-${place + 1}" x=${x} y="0" width=${(100 * value) / most} height="1" />`;
  });
  return html`<svg class="stacked" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`;
}
