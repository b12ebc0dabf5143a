// Jobs that are ordered again and again.
import { html } from "../../lib/html.js";
import { asked, remove } from "../../lib/api.js";
import { cronWords } from "../../lib/cron.js";
import { useAct, useList } from "../../lib/load.js";
import { confirm } from "../../ui/dialog.js";
import { Listing } from "../../ui/listing.js";
import { Badge, Button, Empty, Problem, Time } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";
import { AccountHead } from "./frame.js";

export default function Schedules() {
  const list = useList("/schedules", { limit: 50 });
  const [turn, turning] = useAct(async (each) => {
    await asked("PATCH", `/schedules/${each.id}`, { body: { enabled: !each.enabled } });
    toast(each.enabled ? "The schedule is paused" : "The schedule goes on");
    list.reload();
  });
  const [drop, dropping] = useAct(async (each) => {
    const text = "Nothing is ordered by it any more. The jobs that it ordered stay.";
    if (!(await confirm({ title: "Remove this schedule?", text, yes: "Remove the schedule", danger: true }))) return;
    await remove(`/schedules/${each.id}`);
    list.reload();
  });
  const begin = html`<${Button} kind="primary" icon="plus" href="/account/schedules/new">New schedule<//>`;
  return html`<${AccountHead} title="Schedules" about="Jobs that are ordered again and again, at the same times.">${begin}<//>
    <div class="stack">
      <${Problem} error=${turning.error ?? dropping.error} />
      <${Listing} name="Schedules" list=${list} columns=${columnsOf(turn, drop, turning.busy || dropping.busy)}
        empty=${html`<${Empty} icon="retry" title="No schedule yet" actions=${begin}>Have a job ordered each night, or each week, so that its dataset grows.<//>`} />
    </div>`;
}

const columnsOf = (turn, drop, busy) => [
  { name: "Schedule", lead: true, cell: (each) => html`<span class="label">${cronWords(each.cron)}</span><p class="soft small">${each.timezone} · <a href="/datasets/${encodeURIComponent(each.dataset)}">${each.tables.job?.keywords?.slice(0, 4).join(", ") || each.dataset}</a></p>` },
  { name: "State", cell: (each) => html`<div><${Badge} tone=${each.enabled ? "good" : "warn"}>${each.enabled ? "on" : "paused"}<//>${each.last_error ? html`<p class="problem">${each.last_error}</p>` : null}</div>` },
  { name: "Next", cell: (each) => (each.enabled ? html`<${Time} at=${each.next_run_at} />` : "–") },
  { name: "Last", cell: (each) => (each.last_job ? html`<a href="/jobs/${each.last_job}"><${Time} at=${each.last_run_at} /></a>` : "never") },
  { name: "Actions", quiet: true, right: true, cell: (each) => html`<div class="row-s actions">
    <${Button} kind="small" icon=${each.enabled ? "pause" : "play"} busy=${busy} onClick=${() => turn(each)}>${each.enabled ? "Pause" : "Go on"}<//>
    <${Button} kind="small danger icon" icon="trash" busy=${busy} label="Remove the schedule ${cronWords(each.cron)}" onClick=${() => drop(each)} /></div>` },
];
