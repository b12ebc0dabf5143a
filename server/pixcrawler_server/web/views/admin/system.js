// How the server is: its parts, the queue, workers, disk and versions.
import { html } from "../../lib/html.js";
import { asked, get } from "../../lib/api.js";
import { bytes, capital, count, number, words } from "../../lib/format.js";
import { useEvery, useLoad } from "../../lib/load.js";
import { Badge, Bar, Button, Card, Facts, Figure, Loaded, Notice, Table, Time } from "../../ui/parts.js";
import { AdminHead, forAdmins } from "./frame.js";

const EVERY = 10_000;
const LATE = 60_000; // milliseconds that a job waits while nobody works
const LOW = 0.1; // of the disk

export default forAdmins(function System() {
  const ready = useLoad((signal) => asked("GET", "/health/ready", { root: "", signal, also: 503 }).then(({ data }) => data));
  const system = useLoad((signal) => get("/admin/system", { signal }));
  useEvery(EVERY, () => {
    ready.reload();
    system.reload();
  });
  return html`<${AdminHead} title="System" />
    <div class="stack-l">
      <${Card} title="Health"><${Loaded} from=${ready} what="Asking how the server is">${(told) => html`<${Health} told=${told} />`}<//><//>
      <${Loaded} from=${system} what="Loading the system">${(told) => html`<${Told} told=${told} />`}<//>
    </div>`;
});

function Health({ told }) {
  return html`<div class="stack">
    ${told.status === "ok" ? null : html`<${Notice} tone="bad">The server is not ready: something that it needs does not answer.<//>`}
    <div class="row">${Object.entries(told.parts).map(([part, state]) => html`<${Badge} key=${part} tone=${state === "ok" ? "good" : "bad"}>${part}: ${state}<//>`)}</div>
  </div>`;
}

function Told({ told }) {
  const { queue, workers } = told;
  const stuck = queue.oldest_at && !workers.length && Date.now() - Date.parse(queue.oldest_at) > LATE;
  const used = told.disk_total_bytes - told.disk_free_bytes;
  return html`
    ${stuck ? html`<${Notice} tone="warn">Jobs wait and nobody runs them. Look whether pixcrawler worker runs.<//>` : null}
    <${Card} title="Queue" actions=${html`<${Button} kind="small" href="/admin/jobs?status=queued">Jobs that wait<//>`}><div class="grid-s">
      <${Figure} name="Waiting" note=${queue.oldest_at ? html`since <${Time} at=${queue.oldest_at} />` : ""}>${number(queue.waiting)}<//>
      ${["running", "paused", "failed", "completed"].map((status) => html`<${Figure} key=${status} name=${capital(words(status))}>${number(told.jobs[status])}<//>`)}
    </div><//>
    <${Card} title="Workers" flush=${workers.length > 0}>${workers.length
      ? html`<${Table} name="Workers" columns=${WORKERS} rows=${workers} keyOf=${(each) => each.name} />`
      : html`<p class="soft">No worker has a job right now. Those that wait for one do not show.</p>`}<//>
    <div class="grid-2">
      <${Card} title="Disk"><div class="stack-s"><${Bar} value=${used} most=${told.disk_total_bytes} name="Used disk" />
        <p>${bytes(told.disk_free_bytes)} free <span class="soft">of ${bytes(told.disk_total_bytes)}</span></p>
        ${told.disk_free_bytes < LOW * told.disk_total_bytes ? html`<${Notice} tone="warn">The disk is nearly full.<//>` : null}
        <p class="soft">The catalog (${told.database}) has ${bytes(told.catalog_bytes)}.</p></div><//>
      <${Card} title="E-mail"><${Facts} rows=${[["Waiting", count(told.letters.waiting, "letter")], ["Given up in 7 days", count(told.letters.given_up, "letter")]]} /><//>
      <${Card} title="Requests under way"><${Facts} rows=${Object.entries(told.requests_under_way).map(([kind, value]) => [capital(words(kind)), number(value)])} /><//>
      <${Card} title="Versions"><${Facts} rows=${Object.entries(told.versions)} /><//>
      <${Card} title="Plugins"><${Facts} rows=${[
        ...Object.entries(told.plugins),
        ["Signing in by", told.authenticators.join(", ")],
        ["Meters", told.meters.join(", ") || "none"],
      ]} /><//>
    </div>`;
}

const WORKERS = [
  { name: "Worker", lead: true, cell: (each) => html`<span class="mono">${each.name}</span>` },
  { name: "Jobs", cell: (each) => html`<span class="row-s">${each.jobs.map((id) => html`<a href="/jobs/${id}">${id}</a>`)}</span>` },
  { name: "State", right: true, cell: (each) => (Date.parse(each.lease_until) > Date.now() ? html`<${Badge} tone="good">works<//>` : html`<${Badge} tone="bad">gone<//>`) },
];
