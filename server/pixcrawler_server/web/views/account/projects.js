// The projects that you own or are a member of.
import { html, useState } from "../../lib/html.js";
import { post } from "../../lib/api.js";
import { useAct, useList } from "../../lib/load.js";
import { go } from "../../lib/router.js";
import { Dialog } from "../../ui/dialog.js";
import { Form, TextField, useForm } from "../../ui/form.js";
import { Listing } from "../../ui/listing.js";
import { Badge, Button, Empty, Time } from "../../ui/parts.js";
import { AccountHead } from "./frame.js";

const COLUMNS = [
  { name: "Project", lead: true, cell: (each) => html`<a class="label" href="/projects/${each.id}">${each.name}</a>${each.description ? html`<p class="soft small clip">${each.description}</p>` : null}` },
  { name: "You are", cell: (each) => html`<${Badge} tone=${each.role === "owner" ? "good" : ""}>${each.role}<//>` },
  { name: "Changed", right: true, cell: (each) => html`<${Time} at=${each.updated_at} />` },
];

export default function Projects() {
  const list = useList("/projects", { limit: 50 });
  const [open, set] = useState(false);
  const begin = html`<${Button} kind="primary" icon="plus" onClick=${() => set(true)}>New project<//>`;
  return html`<${AccountHead} title="Projects" about="A project holds datasets, and says who may see and change them.">${begin}<//>
    <${Listing} name="Projects" list=${list} columns=${COLUMNS} empty=${html`<${Empty} icon="datasets" title="No project yet" actions=${begin}>Make one for what belongs together, and let others work with you.<//>`} />
    ${open ? html`<${NewProject} onClose=${() => set(false)} />` : null}`;
}

function NewProject({ onClose }) {
  const { values, field } = useForm({ name: "", description: "" });
  const [send, act] = useAct(async () => go(`/projects/${(await post("/projects", values)).id}`));
  return html`<${Dialog} title="New project" onClose=${onClose}>
    <${Form} onSubmit=${send} act=${act} submit="Make the project" onLeave=${onClose}>
      <${ProjectFields} field=${field} />
    <//>
  <//>`;
}

export function ProjectFields({ field }) {
  return html`<${TextField} label="Name" maxlength="200" ...${field("name")} required />
    <${TextField} label="Description" optional rows="3" maxlength="2000" ...${field("description")} />`;
}
