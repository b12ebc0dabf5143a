import { html, useState } from "../lib/html.js";
import { get, post } from "../lib/api.js";
import { useAct, useLoad } from "../lib/load.js";
import { Form, TextField } from "../ui/form.js";
import { Button, Empty, Head, Loaded } from "../ui/parts.js";

export default function Register() {
  const info = useLoad(() => get("/info", { open: true }));
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [sent, setSent] = useState(false);
  const [send, act] = useAct(async () => {
    await post("/auth/register", { email, password }, { open: true });
    setSent(true);
  });
  if (sent) {
    const back = html`<${Button} href="/account/sign-in" kind="primary">Sign in<//>`;
    return html`<${Empty} heading="Registered" icon="check" title="Look into your mailbox" actions=${back}>
      A link is on its way to ${email}. Open it, and the account is yours.<//>`;
  }
  return html`<${Head} title="Register" /><${Loaded} from=${info}>${({ registration, password_length: least }) =>
    registration
      ? html`<div class="stack"><${Form} onSubmit=${send} act=${act} submit="Register">
          <${TextField} label="E-mail address" type="email" autocomplete="username" value=${email} onInput=${setEmail} problem=${act.error?.fields?.email} required />
          <${TextField} label="Password" type="password" autocomplete="new-password" hint="At least ${least} characters. Some words in a row are easy to remember."
            value=${password} onInput=${setPassword} problem=${act.error?.fields?.password} required />
        <//><p>You have an account? <a href="/account/sign-in">Sign in</a></p></div>`
      : html`<p>Nobody registers here by themselves. Ask whoever runs this server for an account.</p>`}<//>`;
}
