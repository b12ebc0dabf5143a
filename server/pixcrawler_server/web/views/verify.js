import { html, useEffect, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { tokenIn } from "../lib/letters.js";
import { useAct } from "../lib/load.js";
import { Form, TextField } from "../ui/form.js";
import { Button, Empty, Head, Loading, Problem } from "../ui/parts.js";

// A new address of an account needs the token alone; after a registration the API asks for a password too.
export default function Verify({ hash }) {
  const [token] = useState(() => tokenIn(hash));
  const [password, setPassword] = useState("");
  const [sent, setSent] = useState(false);
  const [done, set] = useState(false);
  const [verify, act] = useAct(async () => {
    setSent(Boolean(password));
    await post("/auth/verify", password ? { token, password } : { token }, { open: true });
    set(true);
    history.replaceState(history.state, "", location.pathname);
  });
  useEffect(() => {
    if (token) verify();
  }, []);
  if (done) {
    const way = html`<${Button} href="/" kind="primary">Go on<//>`;
    return html`<h1 class="hidden" tabindex="-1">Verified</h1><${Empty} icon="check" title="Your address is verified" actions=${way}>You can begin to crawl.<//>`;
  }
  if (!token) return html`<${Head} title="Verify your address" /><p>The link is not whole. Open it from the e-mail once more.</p>`;
  if (password || act.error?.fields?.password) {
    const shown = sent ? act : { ...act, error: null };
    return html`<${WithPassword} ...${{ password, setPassword, verify, act: shown }} />`;
  }
  if (act.error) return html`<${Head} title="Verify your address" /><${Problem} error=${act.error} again=${verify} />`;
  return html`<h1 class="hidden" tabindex="-1">Verifying</h1><${Loading} what="Verifying your address" />`;
}

function WithPassword({ password, setPassword, verify, act }) {
  return html`<${Head} title="Verify your address" />
    <p>Give the password that you registered with. If somebody else registered with your address, give a new one: it takes the place of theirs, and signs them out.</p>
    <${Form} onSubmit=${verify} act=${act} submit="Verify">
      <${TextField} label="Password" type="password" autocomplete="current-password" value=${password} onInput=${setPassword} problem=${act.error?.fields?.password} required />
    <//>`;
}
