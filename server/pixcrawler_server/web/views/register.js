import { html, useState } from "../lib/html.js";
import { get, post } from "../lib/api.js";
import { useAct, useLoad } from "../lib/load.js";
import { Form, TextField, useForm } from "../ui/form.js";
import { Button, Empty, Head, Loaded } from "../ui/parts.js";

export default function Register() {
  const info = useLoad(() => get("/info", { open: true }));
  const { values, field } = useForm({ email: "", password: "" });
  const [sent, setSent] = useState(false);
  const [send, act] = useAct(async () => {
    await post("/auth/register", values, { open: true });
    setSent(true);
  });
  if (sent) {
    const back = html`<${Button} href="/account/sign-in" kind="primary">Sign in<//>`;
    return html`<${Empty} heading="Registered" icon="check" title="Look into your mailbox" actions=${back}>
      A link is on its way to ${values.email}. Open it, and the account is yours.<//>`;
  }
  return html`<${Head} title="Register" /><${Loaded} from=${info}>${({ registration, password_length: least }) =>
    registration
      ? html`<div class="stack"><${Form} onSubmit=${send} act=${act} submit="Register">
          <${TextField} label="E-mail address" type="email" autocomplete="username" ...${field("email")} required />
          <${TextField} label="Password" type="password" autocomplete="new-password" hint="At least ${least} characters. Some words in a row are easy to remember." ...${field("password")} required />
        <//><p>You have an account? <a href="/account/sign-in">Sign in</a></p></div>`
      : html`<p>Nobody registers here by themselves. Ask whoever runs this server for an account.</p>`}<//>`;
}
