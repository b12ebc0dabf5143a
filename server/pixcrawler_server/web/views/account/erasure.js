// The wish to be erased, asked twice, and its withdrawal.
import { html, useState } from "../../lib/html.js";
import { get, post, remove } from "../../lib/api.js";
import { time } from "../../lib/format.js";
import { useAct } from "../../lib/load.js";
import * as session from "../../lib/session.js";
import { useStore } from "../../lib/store.js";
import { Dialog } from "../../ui/dialog.js";
import { Checkbox, Form, TextField, useForm } from "../../ui/form.js";
import { Button, Card, Empty, Problem } from "../../ui/parts.js";
import { Archive } from "./data.js";

const ABOUT = "Your account, projects, datasets, images and keys are erased. Projects of others that you are a member of stay.";

export function Erasure() {
  const [open, set] = useState(false);
  return html`<${Card} title="Erase the account" about=${ABOUT}>
    <${Button} kind="danger" icon="trash" onClick=${() => set(true)}>Erase my account<//>
    ${open ? html`<${Asking} onClose=${() => set(false)} />` : null}
  <//>`;
}

function Asking({ onClose }) {
  const me = useStore(session.me);
  const { values, field } = useForm({ email: "", password: "" });
  const [sure, setSure] = useState(false);
  const [after, setAfter] = useState(null);
  const [send, act] = useAct(async () => {
    if (values.email.trim().toLowerCase() !== me.email.toLowerCase()) throw new Error(`Type ${me.email} to show that you mean it.`);
    if (!sure) throw new Error("Tick that you know what is erased.");
    setAfter((await post("/me/erasure", me.has_password ? { password: values.password } : {})).erase_after);
  });
  if (after) {
    return html`<${Dialog} title="You will be erased on ${time(after)}">
      <p>You are signed out everywhere, and your jobs were stopped. Until then you can sign in and take it back.</p>
      <div class="dialog-foot"><${Button} kind="primary" onClick=${session.leave}>Close<//></div>
    <//>`;
  }
  return html`<${Dialog} title="Erase your account?" onClose=${onClose}>
    <p>You are signed out at once, and have some days to take it back by signing in. After that nothing can be brought back. Download a copy of your data and your datasets first.</p>
    <${Form} onSubmit=${send} act=${act} submit="Erase my account" kind="primary danger" more=${html`<${Button} onClick=${onClose}>Keep it<//>`}>
      <${TextField} label="Your e-mail address" hint="Type ${me.email}" autocomplete="off" ...${field("email")} required />
      ${me.has_password ? html`<${TextField} label="Your password" type="password" autocomplete="current-password" ...${field("password")} required />` : null}
      <${Checkbox} label="I know that all my projects, datasets and images are erased" checked=${sure} onInput=${setSure} />
    <//>
  <//>`;
}

/** All that there is for who asked to be erased. */
export default function Erasing() {
  const me = useStore(session.me);
  const [back, act] = useAct(async () => {
    await remove("/me/erasure");
    session.me.set(await get("/me"));
  });
  const actions = html`<${Button} kind="primary" busy=${act.busy} onClick=${back}>Keep my account<//>`;
  return html`<h1 class="hidden" tabindex="-1">To be erased</h1><div class="stack-l form-width">
    <${Card}><${Empty} icon="alert" title="Your account is erased after ${time(me.erase_after)}" actions=${actions}>
      You asked for it. Until then you can take it back; your jobs rest, and nothing else can be done.<//><${Problem} error=${act.error} /><//>
    <${Archive} />
  </div>`;
}
