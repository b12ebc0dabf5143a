// Password, and where you are signed in.
import { html } from "../../lib/html.js";
import { get, post, remove } from "../../lib/api.js";
import { useAct, useList, useLoad } from "../../lib/load.js";
import * as session from "../../lib/session.js";
import { useStore } from "../../lib/store.js";
import { confirm } from "../../ui/dialog.js";
import { Form, TextField, useForm } from "../../ui/form.js";
import { Listing } from "../../ui/listing.js";
import { Badge, Button, Card, Problem, Time } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";
import { AccountHead } from "./frame.js";

const BROWSERS = [["Edg", "Edge"], ["OPR", "Opera"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["Safari", "Safari"], ["curl", "curl"], ["python", "Python"]];
const SYSTEMS = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["CrOS", "ChromeOS"], ["Linux", "Linux"]];

export default function Security() {
  const sessions = useList("/me/sessions");
  return html`<${AccountHead} title="Security" />
    <div class="stack-l">
      <div class="form-width"><${Password} done=${sessions.reload} /></div>
      <${Sessions} list=${sessions} />
    </div>`;
}

function Password({ done }) {
  const me = useStore(session.me);
  const info = useLoad((signal) => get("/info", { open: true, signal }));
  const { values, set, field } = useForm({ password: "", new_password: "" });
  const [change, act] = useAct(async () => {
    await post("/auth/password/change", me.has_password ? values : { new_password: values.new_password });
    set({ password: "", new_password: "" });
    session.me.set({ ...me, has_password: true });
    toast("The password is changed. You are signed out everywhere else.");
    done();
  });
  const about = me.has_password ? "You stay signed in here, and are signed out everywhere else." : "You have none: you sign in with a link or elsewhere. You may set one.";
  const hint = info.data ? `At least ${info.data.password_length} characters. Some words in a row are easy to remember.` : null;
  return html`<${Card} title="Password" about=${about}>
    <${Form} onSubmit=${change} act=${act} submit=${me.has_password ? "Change the password" : "Set the password"} kind="">
      ${me.has_password ? html`<${TextField} label="Password until now" type="password" autocomplete="current-password" ...${field("password")} required />` : null}
      <${TextField} label="New password" type="password" autocomplete="new-password" hint=${hint} ...${field("new_password")} required />
    <//>
  <//>`;
}

function Sessions({ list }) {
  const [end, act] = useAct(async (each) => {
    await remove(`/me/sessions/${each.id}`);
    toast("Signed out there");
    list.reload();
  });
  const [endAll, allAct] = useAct(async () => {
    const sure = await confirm({ title: "Sign out everywhere?", text: "All your sessions end, this one too. API keys go on working.", yes: "Sign out everywhere" });
    if (!sure) return;
    await post("/auth/logout", { all: true });
    session.leave();
  });
  const columns = [
    { name: "Where", lead: true, cell: (each) => html`<div class="row-s"><span class="label" title=${each.client}>${clientName(each.client)}</span>${each.current ? html`<${Badge} tone="good">this one<//>` : null}</div>` },
    { name: "Signed in", cell: (each) => html`<${Time} at=${each.created_at} />` },
    { name: "Last used", cell: (each) => html`<${Time} at=${each.used_at} />` },
    { name: "Actions", quiet: true, right: true, cell: (each) => (each.current ? null : html`<${Button} kind="small" busy=${act.busy} label="Sign out ${clientName(each.client)}" onClick=${() => end(each)}>Sign out<//>`) },
  ];
  const all = html`<${Button} kind="small" busy=${allAct.busy} onClick=${endAll}>Sign out everywhere<//>`;
  return html`<section class="stack"><div class="row apart"><h2>Where you are signed in</h2>${all}</div>
    <${Problem} error=${act.error ?? allAct.error} />
    <${Listing} name="Sessions" list=${list} columns=${columns} />
  </section>`;
}

/** `Firefox on Windows`, of what a browser calls itself. */
function clientName(client) {
  const of = (pairs) => pairs.find(([mark]) => client.includes(mark))?.[1];
  const [browser, system] = [of(BROWSERS), of(SYSTEMS)];
  return [browser, system].filter(Boolean).join(" on ") || client || "Unknown program";
}
