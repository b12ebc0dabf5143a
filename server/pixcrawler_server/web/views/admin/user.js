// One user, and what an admin changes of them.
import { html } from "../../lib/html.js";
import { asked, get } from "../../lib/api.js";
import { time } from "../../lib/format.js";
import { useAct, useLoad } from "../../lib/load.js";
import { useTitle } from "../../lib/title.js";
import { confirm } from "../../ui/dialog.js";
import { Form, Select, useForm } from "../../ui/form.js";
import { Badge, Button, Card, Facts, Head, Loaded, Missing, Problem } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";
import { forAdmins } from "./frame.js";

export default forAdmins(function User({ params }) {
  const found = useLoad((signal) => asked("GET", `/admin/users/${params.id}`, { signal }), [params.id]);
  useTitle(found.data?.data.email);
  if (found.error?.status === 404) return html`<${Missing} thing="user" to="/admin/users" name="users">They may have been erased.<//>`;
  return html`<${Loaded} from=${found} what="Loading the user">${({ data: user, tag }) => html`
    <${Head} title=${user.email} about=${user.full_name} back="Users" backTo="/admin/users">
      <${Button} href="/admin/jobs?owner=${user.id}">Jobs<//><${Button} href="/admin/audit?actor=${user.id}">What they did<//>
    <//>
    <div class="stack-l form-width">
      <${Card} title="Account"><${Facts} rows=${[
        ["State", html`<${Badge} state=${user.status} />`],
        ["Address", user.verified ? "verified" : "not verified"],
        ["Since", time(user.created_at)],
        ["Id", html`<span class="mono">${user.id}</span>`],
      ]} /><//>
      <${Rights} key=${tag} user=${user} tag=${tag} take=${found.set} />
      <${Suspension} user=${user} tag=${tag} take=${found.set} />
    </div>`}<//>`;
});

function Rights({ user, tag, take }) {
  const plans = useLoad((signal) => get("/plans", { signal }));
  const { values, field } = useForm({ role: user.role, plan: user.plan });
  const { role } = values;
  const [save, act] = useAct(async () => {
    if (role !== user.role && !(await confirm({ title: role === "ADMIN" ? "Make this user an admin?" : "Take the role away?", text: role === "ADMIN" ? `${user.email} may then do all that you may.` : `${user.email} is then an ordinary user.`, yes: "Change the role" }))) return;
    take(await asked("PATCH", `/admin/users/${user.id}`, { body: values, tag }));
    toast("The user is changed");
  });
  const names = plans.data?.plans.map((each) => each.name) ?? [user.plan];
  return html`<${Card} title="Role and plan"><${Form} onSubmit=${save} act=${act} submit="Save" kind="">
    <${Select} label="Role" ...${field("role")} options=${[["USER", "User"], ["ADMIN", "Admin"]]} />
    <${Select} label="Plan" ...${field("plan")} options=${names} />
  <//><//>`;
}

function Suspension({ user, tag, take }) {
  const suspended = user.status === "suspended";
  const [turn, act] = useAct(async () => {
    const text = `${user.email} is signed out everywhere, their keys are refused, and their jobs are paused.`;
    if (!suspended && !(await confirm({ title: "Suspend this user?", text, yes: "Suspend", danger: true }))) return;
    take(await asked("PATCH", `/admin/users/${user.id}`, { body: { status: suspended ? "active" : "suspended" }, tag }));
    toast(suspended ? "The user may sign in again" : "The user is suspended");
  });
  if (user.status === "erasing") return html`<${Card} title="Erasure"><p>They asked to be erased. Only they can take that back.</p><//>`;
  const about = suspended ? "They cannot sign in. Their jobs stay paused until they let them go on." : "Signs them out, refuses their keys and pauses their jobs. Nothing is lost.";
  return html`<${Card} title=${suspended ? "Suspended" : "Suspend"} about=${about}><div class="stack"><${Problem} error=${act.error} />
    <div><${Button} kind=${suspended ? "" : "danger"} busy=${act.busy} onClick=${turn}>${suspended ? "Let them in again" : "Suspend the user"}<//></div></div><//>`;
}
