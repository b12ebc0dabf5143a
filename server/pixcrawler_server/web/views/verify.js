import { html, useEffect, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { tokenIn } from "../lib/letters.js";
import { useAct } from "../lib/load.js";
import { Form, TextField } from "../ui/form.js";
import { BadLink, Button, Empty, Head, Loading } from "../ui/parts.js";

const USED = new Error("The link is not good any more: it was used, or is too old. If your address is not verified yet, register once more, or change it once more, and you get another link.");

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
    const on = html`<${Button} href="/" kind="primary">Go on<//>`;
    return html`<${Empty} heading="Verified" icon="check" title="Your address is verified" actions=${on}>You can begin to crawl.<//>`;
  }
  const way = html`<${Button} href="/account/sign-in">Sign in<//>`;
  if (!token) return html`<${BadLink} title="Verify your address" actions=${way} />`;
  if (password || act.error?.fields?.password) {
    const shown = sent ? act : { ...act, error: null };
    return html`<${WithPassword} ...${{ password, setPassword, verify, act: shown }} />`;
  }
  if (act.error) {
    const bad = act.error.status === 400;
    const again = bad ? html`${way}<${Button} href="/account/register">Register<//>` : html`<${Button} icon="retry" onClick=${verify}>Try again<//>`;
    return html`<${BadLink} title="Verify your address" error=${bad ? USED : act.error} actions=${again} />`;
  }
  return html`<h1 class="hidden" tabindex="-1">Verifying</h1><${Loading} what="Verifying your address" />`;
}

function WithPassword({ password, setPassword, verify, act }) {
  return html`<${Head} title="Verify your address" />
    <p>Give the password that you registered with. If somebody else registered with your address, give a new one: it takes the place of theirs, and signs them out.</p>
    <${Form} onSubmit=${verify} act=${act} submit="Verify">
      <${TextField} label="Password" type="password" autocomplete="current-password" name="password" value=${password} onInput=${setPassword} required />
    <//>`;
}
