// What is around each view of the administration.
import { html } from "../../lib/html.js";
import * as session from "../../lib/session.js";
import { useStore } from "../../lib/store.js";
import { Button, Card, Empty, Head } from "../../ui/parts.js";
import { Tabs } from "../../ui/tabs.js";

const VIEWS = [
  ["System", "/admin"],
  ["Users", "/admin/users"],
  ["Jobs", "/admin/jobs"],
  ["Analytics", "/admin/analytics"],
  ["Audit log", "/admin/audit"],
  ["Plans", "/admin/plans"],
  ["Flags", "/admin/flags"],
];

/** Takes what `Head` takes. */
export function AdminHead({ children, ...more }) {
  return html`<${Tabs} name="Administration" entries=${VIEWS} /><${Head} ...${more}>${children}<//>`;
}

/** A view that only admins are shown: for others it asks the server nothing. */
export const forAdmins = (View) => (given) => html`<${Guard}><${View} ...${given} /><//>`;

function Guard({ children }) {
  const me = useStore(session.me);
  if (me?.role === "ADMIN") return children;
  const home = html`<${Button} href="/" kind="primary">To the jobs<//>`;
  return html`<${Card}><${Empty} heading="For admins" icon="admin" title="This is for admins" actions=${home}>
    Your account is none. Ask whoever runs this server if you need something that is done here.<//><//>`;
}
