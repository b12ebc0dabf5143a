// Who may see or change a project.
import { html } from "../../lib/html.js";
import { post, put, remove } from "../../lib/api.js";
import { useAct, useList } from "../../lib/load.js";
import { go } from "../../lib/router.js";
import * as session from "../../lib/session.js";
import { useStore } from "../../lib/store.js";
import { confirm } from "../../ui/dialog.js";
import { Form, Select, TextField, useForm } from "../../ui/form.js";
import { Listing } from "../../ui/listing.js";
import { Badge, Button, Card, Problem } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";

const ROLES = [["viewer", "Viewer: sees everything"], ["editor", "Editor: changes datasets and orders jobs"]];

export function Members({ project }) {
  const me = useStore(session.me);
  const list = useList(`/projects/${project.id}/members`, { limit: 50 });
  const owner = project.role === "owner";
  const path = (member) => `/projects/${project.id}/members/${member.user_id}`;
  const [change, changing] = useAct(async (member, role) => {
    await put(path(member), { role });
    toast("The role is changed");
    list.reload();
  });
  const [drop, dropping] = useAct(async (member) => {
    const self = member.user_id === me.id;
    const text = self ? "You do not see the project any more." : `${member.full_name || member.email} does not see the project any more.`;
    if (!(await confirm({ title: self ? "Leave this project?" : "Remove this member?", text, yes: self ? "Leave" : "Remove", danger: true }))) return;
    await remove(path(member));
    if (self) return go("/projects", { replace: true });
    list.reload();
  });
  const columns = [
    { name: "Who", lead: true, cell: (each) => html`<span class="label">${each.full_name || each.email}</span>${each.user_id === me.id ? " (you)" : ""}${each.full_name ? html`<p class="soft small">${each.email}</p>` : null}` },
    { name: "Role", cell: (each) => (owner && each.role !== "owner" ? html`<${RoleOf} member=${each} change=${change} />` : html`<${Badge} tone=${each.role === "owner" ? "good" : ""}>${each.role}<//>`) },
    { name: "Actions", quiet: true, right: true, cell: (each) => (each.role !== "owner" && (owner || each.user_id === me.id) ? html`<${Button} kind="small danger" busy=${dropping.busy} label="${each.user_id === me.id ? "Leave the project" : `Remove ${each.email}`}" onClick=${() => drop(each)}>${each.user_id === me.id ? "Leave" : "Remove"}<//>` : null) },
  ];
  return html`<section class="stack"><h2>Members</h2>
    <${Problem} error=${changing.error ?? dropping.error} />
    <${Listing} name="Members" list=${list} columns=${columns} keyOf=${(each) => each.user_id} />
    ${owner ? html`<div class="form-width"><${Add} id=${project.id} done=${list.reload} /></div>` : null}
  </section>`;
}

function RoleOf({ member, change }) {
  return html`<select class="input compact" aria-label="Role of ${member.email}" value=${member.role} onChange=${(event) => change(member, event.currentTarget.value)}>
    ${["viewer", "editor"].map((role) => html`<option value=${role} selected=${role === member.role}>${role}</option>`)}
  </select>`;
}

function Add({ id, done }) {
  const { values, set, field } = useForm({ email: "", role: "viewer" });
  const [send, act] = useAct(async () => {
    const email = values.email.trim();
    await post(`/projects/${id}/members`, { ...values, email });
    toast(`${email} is a member now`);
    set({ email: "" });
    done();
  });
  return html`<${Card} title="Add somebody" about="They need an account with a verified address."><${Form} onSubmit=${send} act=${act} submit="Add" kind="">
    <${TextField} label="E-mail address" type="email" autocomplete="off" ...${field("email")} required />
    <${Select} label="Role" ...${field("role")} options=${ROLES} />
  <//><//>`;
}
