// The dialogs of the keys: a new one, changes, another one in its place, and what it is, once.
import { html, useState } from "../../lib/html.js";
import { asked, patch, post } from "../../lib/api.js";
import { useAct, useLoad } from "../../lib/load.js";
import { READING, SCOPES } from "../../lib/scopes.js";
import * as session from "../../lib/session.js";
import { CopyField } from "../../ui/copy.js";
import { Dialog } from "../../ui/dialog.js";
import { Checkbox, Form, Select, TextField, useForm } from "../../ui/form.js";
import { Button, Loaded, Notice } from "../../ui/parts.js";

const DAY = 86_400_000;
const LIVES = [["30", "In 30 days"], ["90", "In 90 days"], ["365", "In a year"], ["day", "On a day that I choose"], ["never", "Never"]];
const OVERLAPS = [["0", "At once"], ["1", "In an hour"], ["24", "In a day"]];

export function NewKey({ made, onClose }) {
  const form = useForm({ name: "", scopes: [], life: "90", day: "" });
  const { name, scopes, life, day } = form.values;
  const [send, act] = useAct(async () => {
    if (life === "day" && !day) throw new Error("Choose the last day of the key.");
    made(await post("/api-keys", { name, scopes, ...endOf(life, day) }));
  });
  return html`<${Dialog} title="New API key" wide onClose=${onClose}>
    <${Form} onSubmit=${send} act=${act} submit="Make the key" onLeave=${onClose}>
      <${Rights} form=${form} act=${act} />
      <${Select} label="It ends" ...${form.field("life")} options=${LIVES} />
      ${life === "day" ? html`<${TextField} label="Last day" type="date" ...${form.field("day")} problem=${act.error?.fields?.expires_at} required />` : null}
    <//>
  <//>`;
}

/** Name and rights of a key, for as long as it lasts. */
export function Change({ old, changed, onClose }) {
  const found = useLoad((signal) => asked("GET", `/api-keys/${old.id}`, { signal }), [old.id]);
  return html`<${Dialog} title="Change this key" wide onClose=${onClose}>
    <${Loaded} from=${found} what="Loading the key">${({ data, tag }) => html`<${Changes} key=${tag} ...${{ data, tag, changed, onClose }} />`}<//>
  <//>`;
}

function Changes({ data, tag, changed, onClose }) {
  const form = useForm({ name: data.name, scopes: data.scopes });
  const [send, act] = useAct(async () => changed(await patch(`/api-keys/${data.id}`, form.values, { tag })));
  return html`<${Form} onSubmit=${send} act=${act} submit="Save" onLeave=${onClose}>
    <${Rights} form=${form} act=${act} />
  <//>`;
}

function Rights({ form, act }) {
  return html`<${TextField} label="Name" hint="What uses it, such as the name of a program or a machine." maxlength="100" ...${form.field("name")} required />
    <${Scopes} chosen=${form.values.scopes} choose=${(scopes) => form.set({ scopes })} problem=${act.error?.fields?.scopes} />`;
}

function Scopes({ chosen, choose, problem }) {
  const admin = session.me.get()?.role === "ADMIN";
  const offered = SCOPES.filter(([name]) => admin || name !== "admin");
  const turn = (name, on) => choose(on ? [...chosen, name] : chosen.filter((each) => each !== name));
  return html`<fieldset class="field">
    <legend class="label">What it may do</legend>
    <div class="row-s"><${Button} kind="small" onClick=${() => choose(READING)}>Only read<//><${Button} kind="small" onClick=${() => choose([])}>Nothing<//></div>
    <div class="scopes">${offered.map(
      ([name, meaning]) => html`<${Checkbox} key=${name} label=${html`<span class="mono">${name}</span>`} hint=${meaning} checked=${chosen.includes(name)} onInput=${(on) => turn(name, on)} />`,
    )}</div>
    ${problem ? html`<p class="problem" role="alert">${problem}</p>` : null}
  </fieldset>`;
}

export function Rotate({ old, made, onClose }) {
  const [overlap, setOverlap] = useState("0");
  const [send, act] = useAct(async () => made(await post(`/api-keys/${old.id}/rotate`, { overlap_hours: Number(overlap) })));
  return html`<${Dialog} title="Replace this key" onClose=${onClose}>
    <p>You get a new key with the name, rights and lifetime of “${old.name}”. Give it to whatever uses the old one.</p>
    <${Form} onSubmit=${send} act=${act} submit="Make the new key" onLeave=${onClose}>
      <${Select} label="The old key ends" value=${overlap} onInput=${setOverlap} options=${OVERLAPS} />
    <//>
  <//>`;
}

/** Cannot be closed by accident: what it shows is shown once. */
export function Shown({ made, onClose }) {
  const example = `curl -H "Authorization: Bearer ${made.key}" ${location.origin}/api/v1/me`;
  return html`<${Dialog} title="Your new key" wide>
    <${Notice} tone="warn">This is the only time that the key is shown. Keep it where passwords are kept.<//>
    <${CopyField} label="Key of “${made.name}”" value=${made.key} />
    <${CopyField} label="Try it" value=${example} />
    <div class="dialog-foot"><${Button} kind="primary" onClick=${onClose}>I have kept it<//></div>
  <//>`;
}

function endOf(life, day) {
  if (life === "never") return {};
  if (life === "day") return { expires_at: new Date(`${day}T23:59:59`).toISOString() };
  return { expires_at: new Date(Date.now() + Number(life) * DAY).toISOString() };
}
