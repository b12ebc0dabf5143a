// Keys for programs: made, shown once, changed, replaced and revoked.
import { html, useState } from "../../lib/html.js";
import { remove } from "../../lib/api.js";
import { useAct, useList } from "../../lib/load.js";
import { confirm } from "../../ui/dialog.js";
import { Listing } from "../../ui/listing.js";
import { Badge, Button, Empty, Problem, Time } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";
import { AccountHead } from "./frame.js";
import { Change, NewKey, Rotate, Shown } from "./key_dialogs.js";

const ended = (key) => key.expires_at && Date.parse(key.expires_at) <= Date.now();

export default function Keys() {
  const list = useList("/api-keys");
  const [dialog, show] = useState(null); // {kind: "new" | "change" | "rotate" | "shown", key}
  const close = () => show(null);
  const made = (key) => {
    show({ kind: "shown", key });
    list.reload();
  };
  const changed = () => {
    close();
    toast("The key is changed");
    list.reload();
  };
  const [revoke, act] = useAct(async (key) => {
    const text = `Whatever uses “${key.name}” is refused from now on. This cannot be taken back.`;
    if (!ended(key) && !(await confirm({ title: "Revoke this key?", text, yes: "Revoke the key", danger: true }))) return;
    await remove(`/api-keys/${key.id}`);
    toast("The key is revoked");
    list.reload();
  });
  const begin = html`<${Button} kind="primary" icon="plus" onClick=${() => show({ kind: "new" })}>New key<//>`;
  const columns = columnsOf({ busy: act.busy, revoke, show });
  return html`<${AccountHead} title="API keys" about="A program signs in with a key instead of your password.">${begin}<//>
    <div class="stack">
      <${Problem} error=${act.error} />
      <${Listing} name="API keys" list=${list} columns=${columns} empty=${html`<${Empty} icon="system" title="No key yet" actions=${begin}>Make one for each program, with no more rights than it needs.<//>`} />
    </div>
    ${dialog?.kind === "new" ? html`<${NewKey} made=${made} onClose=${close} />` : null}
    ${dialog?.kind === "change" ? html`<${Change} old=${dialog.key} changed=${changed} onClose=${close} />` : null}
    ${dialog?.kind === "rotate" ? html`<${Rotate} old=${dialog.key} made=${made} onClose=${close} />` : null}
    ${dialog?.kind === "shown" ? html`<${Shown} made=${dialog.key} onClose=${close} />` : null}`;
}

const columnsOf = ({ busy, revoke, show }) => [
  { name: "Key", lead: true, cell: (key) => html`<span class="label">${key.name}</span><p class="soft small mono nowrap">${key.prefix}…</p>` },
  { name: "May", cell: (key) => html`<span class="tags">${key.scopes.map((scope) => html`<span class="tag">${scope}</span>`)}</span>` },
  { name: "Last used", cell: (key) => (key.last_used_at ? html`<${Time} at=${key.last_used_at} />` : "never") },
  { name: "Ends", cell: (key) => (ended(key) ? html`<${Badge} tone="warn">ended<//>` : key.expires_at ? html`<${Time} at=${key.expires_at} />` : "never") },
  { name: "Actions", quiet: true, right: true, cell: (key) => html`<div class="row-s actions">
    ${ended(key)
      ? null
      : html`<${Button} kind="small" label="Change ${key.name}" onClick=${() => show({ kind: "change", key })}>Change<//>
        <${Button} kind="small" label="Replace ${key.name}" onClick=${() => show({ kind: "rotate", key })}>Replace<//>`}
    <${Button} kind="small danger" busy=${busy} label="${ended(key) ? "Remove" : "Revoke"} ${key.name}" onClick=${() => revoke(key)}>${ended(key) ? "Remove" : "Revoke"}<//></div>` },
];
