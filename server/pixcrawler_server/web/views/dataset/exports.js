// Exports of a dataset: ordered, followed and downloaded.
import { html, useState } from "../../lib/html.js";
import { get, post, remove } from "../../lib/api.js";
import { bytes, number } from "../../lib/format.js";
import { useAct, useEvery, useList, useLoad } from "../../lib/load.js";
import { POLICIES } from "../../lib/policies.js";
import { Dialog, confirm } from "../../ui/dialog.js";
import { Form, Select, useForm } from "../../ui/form.js";
import { Listing } from "../../ui/listing.js";
import { Badge, Bar, Button, Card, Empty, More, Problem, Table, Time } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";

const ENCODE = [["original", "As they are"], ["jpeg", "JPEG"], ["png", "PNG"], ["webp", "WebP"], ["avif", "AVIF"]];
const SIDES = [["", "As they are"], ...["512", "1024", "2048"].map((each) => [each, `${each} px at most`])];

export function Exports({ id }) {
  const list = useList(`/datasets/${id}/exports`, { limit: 50 });
  useEvery(list.items.some((each) => each.status === "pending") ? 1500 : 0, list.reload);
  const columns = [
    { name: "Export", lead: true, cell: (each) => html`<strong>${each.format}</strong>${each.detail ? html`<p class="problem">${each.detail}</p>` : null}` },
    { name: "Status", cell: (each) => (each.status === "pending" ? html`<div class="job-bar"><${Bar} value=${each.progress} name="Progress of export ${each.id}" /></div>` : html`<${Badge} state=${each.status} />`) },
    { name: "Images", right: true, cell: (each) => number(each.images) },
    { name: "Size", right: true, cell: (each) => bytes(each.bytes) },
    { name: "Ordered", right: true, cell: (each) => html`<${Time} at=${each.created_at} />` },
    { name: "Actions", quiet: true, right: true, cell: (each) => html`<${Acts} export=${each} reload=${list.reload} />` },
  ];
  return html`<div class="columns">
    <div class="stack"><${Listing} title="Exports" name="Exports" list=${list} columns=${columns}
      empty=${html`<${Empty} icon="download" title="No export yet">Choose a format, and have the dataset written in it.<//>`} /></div>
    <${Order} id=${id} done=${list.reload} />
  </div>`;
}

function Order({ id, done }) {
  const choices = useLoad((signal) => get("/jobs/choices", { signal }));
  const { values: told, field } = useForm({ format: "zip", encode: "original", policy: "", max_side: "" });
  const [send, act] = useAct(async () => {
    const more = { ...(told.encode === "original" ? {} : { encode: told.encode }), ...(told.policy ? { policy: told.policy } : {}), ...(told.max_side ? { max_side: Number(told.max_side) } : {}) };
    const made = await post(`/datasets/${id}/exports`, { format: told.format, ...more });
    if (made.status === "ready") toast("That export is there already.");
    done();
  });
  const formats = (choices.data?.formats ?? []).filter((each) => !each.why_not);
  const chosen = formats.find((each) => each.name === told.format);
  return html`<${Card} title="New export"><${Form} submit="Export" act=${act} onSubmit=${send}>
    <${Select} label="Format" hint=${chosen?.summary} ...${field("format")} options=${formats.length ? formats.map((each) => each.name) : ["zip"]} />
    <${Select} label="Pictures" ...${field("encode")} options=${ENCODE} />
    <${Select} label="Longer side" ...${field("max_side")} options=${SIDES} />
    <${Select} label="Licences" ...${field("policy")} options=${POLICIES} />
  <//><//>`;
}

function Acts({ export: one, reload }) {
  const [open, setOpen] = useState(false);
  const [download, act] = useAct(async () => {
    const { items } = await get(`/exports/${one.id}/files`, { query: { limit: 2 } });
    if (items.length === 1) return saved(one, items[0]);
    return setOpen(true);
  });
  const [drop, dropping] = useAct(async () => {
    if (one.status !== "pending" && !(await confirm({ title: "Remove the export?", text: "Its files go. The dataset stays as it is.", yes: "Remove it", danger: true }))) return;
    await remove(`/exports/${one.id}`);
    reload();
  });
  return html`<div class="row-s">
    ${one.status === "ready" ? html`<${Button} kind="small" icon="download" busy=${act.busy} onClick=${download}>Download<//>` : null}
    <${Button} kind="small quiet icon" icon=${one.status === "pending" ? "stop" : "trash"} label=${`${one.status === "pending" ? "Stop" : "Remove"} export ${one.id}`} busy=${dropping.busy} onClick=${drop} />
    <${Problem} error=${act.error ?? dropping.error} />
    ${open ? html`<${Files} export=${one} onClose=${() => setOpen(false)} />` : null}
  </div>`;
}

/** The files of an export that is a folder, or several volumes. */
function Files({ export: one, onClose }) {
  const list = useList(`/exports/${one.id}/files`, { limit: 100 });
  const columns = [
    { name: "File", lead: true, cell: (each) => html`<span class="anywhere">${each.name}</span>` },
    { name: "Size", right: true, cell: (each) => bytes(each.bytes) },
    { name: "Download", quiet: true, right: true, cell: (each) => html`<${File} export=${one} file=${each} />` },
  ];
  return html`<${Dialog} title="Files of the ${one.format} export" wide onClose=${onClose}>
    <${Problem} error=${list.error} again=${list.reload} />
    ${list.items.length ? html`<${Table} name="Files" columns=${columns} rows=${list.items} keyOf=${(each) => each.name} />` : null}
    <${More} list=${list} />
  <//>`;
}

function File({ export: one, file }) {
  const [download, act] = useAct(() => saved(one, file));
  return html`<${Button} kind="small icon" icon="download" label=${`Download ${file.name}`} busy=${act.busy} onClick=${download} /><${Problem} error=${act.error} />`;
}

/** Have the browser save a file of an export, by an address that is good for an hour. */
async function saved(one, file) {
  const { url } = await post(`/exports/${one.id}/url`, { minutes: 60 });
  const address = new URL(url);
  address.searchParams.set("name", file.name);
  location.assign(address.pathname + address.search); // of this server, whatever name it goes by
}
