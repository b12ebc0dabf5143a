// What everybody did, and whether the record is as it was written.
import { html, useState } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { beginOf, endOf } from "../../lib/days.js";
import { number } from "../../lib/format.js";
import { useAct, useList, useLoad } from "../../lib/load.js";
import { setQuery } from "../../lib/router.js";
import { save } from "../../lib/save.js";
import { CopyField } from "../../ui/copy.js";
import { Form, TextField } from "../../ui/form.js";
import { Button, Card, Empty, Notice, Problem } from "../../ui/parts.js";
import { Entries } from "../entries.js";
import { AdminHead, forAdmins } from "./frame.js";

const FIELDS = ["action", "entity", "entity_id", "actor", "since", "until"];
const known = new Map(); // id of a user -> promise of the address

export default forAdmins(function Audit({ query }) {
  const told = Object.fromEntries(FIELDS.map((name) => [name, query[name]]));
  const wanted = { ...told, since: beginOf(told.since), until: endOf(told.until) };
  const list = useList("/admin/audit", { limit: 50, ...wanted });
  const [fetchAll, act] = useAct(() => save("/admin/audit/export", "pixcrawler-audit.jsonl", { query: wanted }));
  const filtered = FIELDS.some((name) => query[name]);
  const nothing = html`<${Empty} icon="jobs" title="Nothing yet">What users and admins do is noted here.<//>`;
  return html`<${AdminHead} title="Audit log"><${Button} icon="download" busy=${act.busy} onClick=${fetchAll}>Save as JSON lines<//><//>
    <div class="stack-l">
      <${Proof} />
      <section class="stack" aria-label="Entries">
        <${Filters} key=${JSON.stringify(told)} told=${told} filtered=${filtered} />
        <${Problem} error=${act.error} />
        <${Entries} list=${list} filtered=${filtered} nothing=${nothing} actor=${(entry) => html`<${Actor} id=${entry.actor} />`} />
      </section>
    </div>`;
});

function Filters({ told, filtered }) {
  const [form, set] = useState(told);
  const field = (name, label, more) => html`<${TextField} label=${label} autocomplete="off" value=${form[name] ?? ""} onInput=${(value) => set({ ...form, [name]: value.trim() })} ...${more} />`;
  const apply = (event) => {
    event.preventDefault();
    setQuery(form, { replace: false });
  };
  const clear = () => setQuery(Object.fromEntries(FIELDS.map((name) => [name, ""])));
  return html`<form class="filters-grid" onSubmit=${apply} role="search" aria-label="Entries">
    ${field("action", "Action", { placeholder: "project created" })}
    ${field("entity", "Kind of thing", { placeholder: "project" })}
    ${field("entity_id", "Id of the thing")}
    ${field("actor", "Id of the user")}
    ${field("since", "From", { type: "date" })}
    ${field("until", "To", { type: "date" })}
    <div class="row-s"><${Button} type="submit">Filter<//>${filtered ? html`<${Button} kind="quiet" onClick=${clear}>Show all<//>` : null}</div>
  </form>`;
}

function Actor({ id }) {
  const found = useLoad(() => (id ? addressOf(id) : Promise.resolve("the server")), [id]);
  if (!id) return html`<span class="soft">the server</span>`;
  return html`<a class="wrap-anywhere" href="/admin/users/${encodeURIComponent(id)}">${found.data ?? `${id.slice(0, 8)}…`}</a>`;
}

/** The address of a user, asked once; the beginning of the id of one who is gone. */
function addressOf(id) {
  if (!known.has(id)) known.set(id, get(`/admin/users/${encodeURIComponent(id)}`).then((user) => user.email, () => `${id.slice(0, 8)}…`));
  return known.get(id);
}

function Proof() {
  const [head, setHead] = useState("");
  const [told, set] = useState(null);
  const [verify, act] = useAct(async () => set(await get("/admin/audit/verify", { query: { head: head.trim() } })));
  const about = "Each entry has a hash of itself and all before it, so that a change, a removal or an insertion shows.";
  return html`<${Card} title="Is the record as it was written?" about=${about}><div class="stack">
    <${Form} onSubmit=${verify} act=${act} submit="Verify" kind="">
      <${TextField} label="Hash from the last time" optional hint="Shows that nothing was cut off at the end since." class="input mono" spellcheck="false" autocomplete="off" name="head" value=${head} onInput=${setHead} />
    <//>
    ${told?.broken ? html`<${Notice} tone="bad">Entry ${told.broken.id} is not as it was written: ${told.broken.why}.<//>` : null}
    ${told && !told.broken ? html`<${Notice} tone="good">All entries up to ${number(told.newest)} are as they were written.<//>` : null}
    ${told ? html`<${CopyField} label="Hash of the newest entry: keep it elsewhere, for the next time" value=${told.hash} />` : null}
  </div><//>`;
}
