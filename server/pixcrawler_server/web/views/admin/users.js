// All users, by their addresses.
import { html, useEffect, useState } from "../../lib/html.js";
import { useList, useSettled } from "../../lib/load.js";
import { setQuery } from "../../lib/router.js";
import { Select, TextField } from "../../ui/form.js";
import { Listing } from "../../ui/listing.js";
import { Badge, Empty, Time } from "../../ui/parts.js";
import { AdminHead, forAdmins } from "./frame.js";

const PAUSE = 250; // milliseconds after the last letter
const STATES = [["", "All"], ["active", "active"], ["suspended", "suspended"], ["erasing", "erasing"]];
const COLUMNS = [
  { name: "User", lead: true, cell: (user) => html`<a class="label" href="/admin/users/${user.id}">${user.email}</a>${user.full_name ? html`<p class="soft small">${user.full_name}</p>` : null}` },
  { name: "State", cell: (user) => html`<div class="row-s"><${Badge} state=${user.status} />${user.verified ? null : html`<${Badge} tone="warn">not verified<//>`}</div>` },
  { name: "Role", cell: (user) => (user.role === "ADMIN" ? html`<${Badge} tone="good">admin<//>` : "user") },
  { name: "Plan", cell: (user) => user.plan },
  { name: "Since", right: true, cell: (user) => html`<${Time} at=${user.created_at} />` },
];

export default forAdmins(function Users({ query }) {
  const [typed, setTyped] = useState(query.email ?? "");
  const email = useSettled(typed.trim(), PAUSE);
  useEffect(() => {
    if (email !== null && email !== (query.email ?? "")) setQuery({ email });
  }, [email]);
  const list = useList("/admin/users", { limit: 50, email: query.email, status: query.status });
  return html`<${AdminHead} title="Users" />
    <div class="stack">
      <div class="filters">
        <${TextField} label="Address begins with" type="search" autocomplete="off" value=${typed} onInput=${setTyped} />
        <${Select} label="State" value=${query.status ?? ""} options=${STATES} onInput=${(status) => setQuery({ status })} />
      </div>
      <${Listing} name="Users" list=${list} columns=${COLUMNS} empty=${html`<${Empty} icon="search" title="Nobody fits">Change what you look for above.<//>`} />
    </div>`;
});
