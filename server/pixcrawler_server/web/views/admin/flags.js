// Switches of parts of the API.
import { html } from "../../lib/html.js";
import { get, put } from "../../lib/api.js";
import { capital, words } from "../../lib/format.js";
import { useAct, useLoad } from "../../lib/load.js";
import { Button, Badge, Card, Loaded, Problem, Table, Time } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";
import { AdminHead, forAdmins } from "./frame.js";

export default forAdmins(function Flags() {
  const found = useLoad((signal) => get("/admin/flags", { signal }));
  const [turn, act] = useAct(async (flag) => {
    const set = await put(`/admin/flags/${flag.name}`, { enabled: !flag.enabled });
    found.set({ items: found.data.items.map((each) => (each.name === set.name ? set : each)) });
    toast(`${titled(flag.name)} is switched ${set.enabled ? "on" : "off"}`, { action: { name: "Undo", run: () => turn(set) } });
  });
  return html`<${AdminHead} title="Flags" about="All processes of the server follow within seconds." />
    <div class="stack"><${Problem} error=${act.error} />
      <${Loaded} from=${found} what="Loading the flags">${({ items }) => html`<${Card} flush><${Table} name="Flags" columns=${columnsOf(turn, act.busy)} rows=${items} keyOf=${(flag) => flag.name} /><//>`}<//>
    </div>`;
});

const columnsOf = (turn, busy) => [
  { name: "Flag", lead: true, cell: (flag) => html`<span class="label">${titled(flag.name)}</span><p class="soft small">${flag.summary.replaceAll("`", "")}</p>` },
  { name: "State", cell: (flag) => html`<${Badge} tone=${flag.enabled ? "good" : "warn"}>${flag.enabled ? "on" : "off"}<//>` },
  { name: "By default", cell: (flag) => (flag.default ? "on" : "off") },
  { name: "Changed", cell: (flag) => (flag.updated_at ? html`<${Time} at=${flag.updated_at} />` : "never") },
  { name: "Actions", quiet: true, right: true, cell: (flag) => html`<${Button} kind="small" busy=${busy} label="Switch ${flag.enabled ? "off" : "on"} ${words(flag.name)}" onClick=${() => turn(flag)}>Switch ${flag.enabled ? "off" : "on"}<//>` },
];

const titled = (name) => capital(words(name)).replace("Url ", "URL ");
