// Who you are: picture, name and address.
import { html, useRef, useState } from "../../lib/html.js";
import { asked, put, remove } from "../../lib/api.js";
import { time } from "../../lib/format.js";
import { useAct, useLoad } from "../../lib/load.js";
import * as session from "../../lib/session.js";
import { Form, TextField, useForm } from "../../ui/form.js";
import { Avatar } from "../../ui/menu.js";
import { Badge, Button, Card, Facts, Loaded, Notice, Problem } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";
import { AccountHead } from "./frame.js";

const PICTURES = "image/jpeg,image/png,image/webp,image/gif,image/avif";

export default function Profile() {
  const found = useLoad((signal) => asked("GET", "/me", { signal }));
  const take = ({ data, tag }) => {
    session.me.set(data);
    found.set({ data, tag });
  };
  return html`<${AccountHead} title="Profile" /><${Loaded} from=${found} what="Loading your profile">${({ data: me, tag }) => html`
    <div class="stack-l form-width">
      <${Picture} me=${me} take=${take} />
      <${Card} title="Name" about="Members of your projects see it."><${Name} me=${me} tag=${tag} take=${take} /><//>
      <${Card} title="E-mail address"><${Address} me=${me} take=${take} /><//>
      <${Card} title="Account"><${Facts} rows=${[
        ["Plan", me.plan],
        ["Role", me.role === "ADMIN" ? "Admin" : "User"],
        ["Member since", time(me.created_at)],
        ["Account id", html`<span class="mono">${me.id}</span>`],
      ]} /><//>
    </div>`}<//>`;
}

function Picture({ me, take }) {
  const input = useRef(null);
  const [change, act] = useAct(async (work, said) => {
    await work();
    take(await asked("GET", "/me"));
    toast(said);
  });
  const choose = (event) => {
    const file = event.currentTarget.files[0];
    event.currentTarget.value = "";
    if (file) change(() => put("/me/avatar", file, { raw: true, headers: { "Content-Type": file.type } }), "Your picture is changed");
  };
  const name = me.full_name || me.email;
  return html`<${Card} title="Picture"><div class="stack">
    <div class="row">
      <span class="avatar-large"><${Avatar} me=${me} name=${name} /></span>
      <input class="hidden" type="file" accept=${PICTURES} ref=${input} onChange=${choose} tabindex="-1" aria-label="Picture file" />
      <${Button} busy=${act.busy} onClick=${() => input.current.click()}>${me.avatar_url ? "Choose another one" : "Choose a picture"}<//>
      ${me.avatar_url ? html`<${Button} kind="quiet" icon="trash" busy=${act.busy} onClick=${() => change(() => remove("/me/avatar"), "Your picture is removed")}>Remove<//>` : null}
    </div>
    <p class="hint">JPEG, PNG, WebP, GIF or AVIF, 8 MB at most. It is cut to a square.</p>
    <${Problem} error=${act.error} />
  </div><//>`;
}

function Name({ me, tag, take }) {
  const { values, field } = useForm({ full_name: me.full_name });
  const [save, act] = useAct(async () => {
    take(await asked("PATCH", "/me", { body: { full_name: values.full_name.trim() }, tag }));
    toast("Your name is changed");
  });
  return html`<${Form} onSubmit=${save} act=${act} submit="Save the name" kind="">
    <${TextField} label="Full name" autocomplete="name" maxlength="200" ...${field("full_name")} />
  <//>`;
}

function Address({ me, take }) {
  const [open, setOpen] = useState(false);
  const [sentTo, setSentTo] = useState("");
  const { values, set, field } = useForm({ email: "", password: "" });
  const email = values.email.trim();
  const [send, act] = useAct(async () => {
    take(await asked("PATCH", "/me", { body: { email, ...(me.has_password ? { password: values.password } : {}) } }));
    setSentTo(email);
    setOpen(false);
    set({ password: "" });
  });
  return html`<div class="stack">
    <div class="row"><span class="wrap-anywhere">${me.email}</span><${Badge} tone=${me.verified ? "good" : "warn"}>${me.verified ? "verified" : "not verified"}<//></div>
    ${me.verified ? null : html`<p class="soft">Open the link in the e-mail that you got when you registered. Until then you cannot begin jobs or make keys.</p>`}
    ${sentTo ? html`<${Notice} tone="good">A link is on its way to ${sentTo}. Open it, and that is your address; until then the old one stays.<//>` : null}
    ${open
      ? html`<${Form} onSubmit=${send} act=${act} submit="Send the link" onLeave=${() => setOpen(false)}>
          <${TextField} label="New address" type="email" autocomplete="email" ...${field("email")} required />
          ${me.has_password ? html`<${TextField} label="Your password" type="password" autocomplete="current-password" ...${field("password")} required />` : null}
        <//>`
      : html`<div><${Button} onClick=${() => setOpen(true)}>Change the address<//></div>`}
  </div>`;
}
