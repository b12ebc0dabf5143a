import { html, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { tokenIn } from "../lib/letters.js";
import { useAct } from "../lib/load.js";
import { Form, TextField, useForm } from "../ui/form.js";
import { BadLink, Button, Empty, Head } from "../ui/parts.js";

export default function Reset({ hash }) {
  const [token] = useState(() => tokenIn(hash));
  const { values, field } = useForm({ password: "" });
  const [done, setDone] = useState(false);
  const [send, act] = useAct(async () => {
    await post("/auth/password/reset", { token, ...values }, { open: true });
    history.replaceState(history.state, "", location.pathname);
    setDone(true);
  });
  if (done) {
    const way = html`<${Button} href="/account/sign-in" kind="primary">Sign in<//>`;
    return html`<${Empty} heading="Done" icon="check" title="You have a new password" actions=${way}>You were signed out everywhere.<//>`;
  }
  if (!token) return html`<${BadLink} title="A new password" actions=${html`<${Button} href="/account/forgot">Get another link<//>`} />`;
  return html`<${Head} title="A new password" />
    <${Form} onSubmit=${send} act=${act} submit="Set the password">
      <${TextField} label="New password" type="password" autocomplete="new-password" ...${field("password")} required />
    <//>`;
}
