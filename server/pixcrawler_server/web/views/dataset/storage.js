// What stores have of a dataset, in which tier, and the ways to change that.
import { html, useState } from "../../lib/html.js";
import { get, post } from "../../lib/api.js";
import { bytes, capital, number, time, words } from "../../lib/format.js";
import { useAct, useEvery, useList, useLoad } from "../../lib/load.js";
import { Select } from "../../ui/form.js";
import { Badge, Button, Card, Empty, Loaded, Notice, Problem, Table, Time } from "../../ui/parts.js";

const OPEN = ["pending", "running"];
const TIERS = ["hot", "warm", "cold"];
const DONE = { push: "Bring it up to date", tier: "Move it to another tier", rehydrate: "Bring it out of the archive", takedown: "Take images down", assembly: "Write the dataset anew" };
const nameOf = (task) => DONE[task.kind] ?? capital(words(task.kind));
const UNITS = [
  { name: "Part", lead: true, cell: (each) => each.unit },
  { name: "Objects", right: true, cell: (each) => number(each.objects) },
  { name: "Size by tier", right: true, cell: (each) => Object.entries(each.bytes).filter(([, size]) => size).map(([tier, size]) => `${tier} ${bytes(size)}`).join(", ") || "–" },
  { name: "In the archive", right: true, cell: (each) => number(each.archived) },
];
const TASKS = [
  { name: "Task", lead: true, cell: (each) => html`<strong>${nameOf(each)}</strong>${each.detail ? html`<p class="problem">${each.detail}</p>` : null}` },
  { name: "Status", cell: (each) => html`<${Badge} state=${each.status} />` },
  { name: "Begun", right: true, cell: (each) => html`<${Time} at=${each.created_at} />` },
];

export function Storage({ id }) {
  const storage = useLoad((signal) => get(`/datasets/${id}/storage`, { signal }), [id]);
  const tasks = useList(`/datasets/${id}/tasks`, { limit: 10 });
  const again = () => {
    storage.reload();
    tasks.reload();
  };
  const busy = OPEN.includes(storage.data?.task?.status) || tasks.items.some((each) => OPEN.includes(each.status));
  useEvery(busy ? 2000 : 0, again);
  return html`<div class="stack">
    <${Loaded} from=${storage} what="Looking into the stores">${(found) => html`
      ${found.stores.length ? null : html`<${Card}><${Empty} icon="system" title="No store">Whoever runs the server can name stores in storage.toml: folders, or object stores.<//><//>`}
      ${found.stores.map((each) => html`<${Store} key=${each.store} id=${id} store=${each} task=${found.task} again=${again} />`)}`}<//>
    <${Problem} error=${tasks.error} again=${tasks.reload} />
    ${tasks.items.length ? html`<${Card} title="Done in the background" flush><${Table} name="Tasks" columns=${TASKS} rows=${tasks.items} /><//>` : null}
  </div>`;
}

function Store({ id, store, task, again }) {
  const [tier, setTier] = useState("cold");
  const [order, act] = useAct(async (what, more = {}) => {
    await post(`/datasets/${id}/storage/${what}`, { store: store.store, ...more });
    again();
  });
  const under = OPEN.includes(task?.status);
  const archived = store.units.reduce((sum, each) => sum + each.archived, 0);
  return html`<${Card} title=${store.store} about=${under ? `${nameOf(task)}: since ${time(task.created_at)}` : undefined}>
    <div class="stack">
      ${store.units.length ? html`<${Table} name="What ${store.store} has" columns=${UNITS} rows=${store.units} keyOf=${(each) => each.unit} />` : html`<p class="soft">It has nothing of the dataset.</p>`}
      ${archived ? html`<${Notice} tone="warn">${number(archived)} objects are in the archive, and cannot be read before they are brought out.<//>` : null}
      <${Problem} error=${act.error} />
      <div class="filters">
        <${Button} disabled=${under} busy=${act.busy} onClick=${() => order("push")}>Bring it up to date<//>
        ${store.units.length ? html`<${Select} label="Tier" value=${tier} options=${TIERS} onInput=${setTier} />
          <${Button} disabled=${under} busy=${act.busy} onClick=${() => order("tier", { tier })}>Move<//>` : null}
        ${archived ? html`<${Button} disabled=${under} busy=${act.busy} onClick=${() => order("rehydrate")}>Bring it out of the archive<//>` : null}
      </div>
    </div>
  <//>`;
}
