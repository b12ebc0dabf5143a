import { html, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { useAct } from "../lib/load.js";
import { Form, TextField, useForm } from "../ui/form.js";
import { Empty, Head } from "../ui/parts.js";

export default function Forgot() {
  const { values, field } = useForm({ email: "" });
  const [sent, setSent] = useState(false);
  const [send, act] = useAct(async () => {
    await post("/auth/password/forgot", values, { open: true });
    setSent(true);
  });
  if (sent) {
    return html`<${Empty} heading="Sent" icon="check" title="Look into your mailbox">
      If ${values.email} has an account, a link for a new password is on its way.<//>`;
  }
  return html`<${Head} title="A new password" about="You get an e-mail with a link, and set a new password there." />
    <${Form} onSubmit=${send} act=${act} submit="Send the link" more=${html`<a href="/account/sign-in">Back to sign in</a>`}>
      <${TextField} label="E-mail address" type="email" autocomplete="username" ...${field("email")} required />
    <//>`;
}
