// Signing in: with address and password, with a link that is good once, or elsewhere.
import { html, useEffect, useState } from "../lib/html.js";
import { get, post } from "../lib/api.js";
import { useAct, useLoad } from "../lib/load.js";
import { go, place } from "../lib/router.js";
import * as session from "../lib/session.js";
import { useStore } from "../lib/store.js";
import { Form, TextField, useForm } from "../ui/form.js";
import { Button, Head, Loading, Problem } from "../ui/parts.js";
import { tokenIn } from "../lib/letters.js";

/** `again`: over what is there, for who was signed in. */
export function SignInForm({ again = false }) {
  const known = useStore(session.me)?.email ?? "";
  const { values, field } = useForm({ email: known, password: "" });
  const info = useLoad(() => get("/info", { open: true }));
  const [send, act] = useAct(async () => {
    await session.begin(await post("/auth/login", { ...values, cookie: true }, { open: true }));
    if (place.get().path.startsWith("/account/sign-in")) go("/", { replace: true });
  });
  return html`<div class="stack">
    ${again ? null : html`<${Head} title="Sign in" />`}
    <${Form} onSubmit=${send} act=${act} submit="Sign in" more=${html`<a href="/account/forgot">Forgot your password?</a>`}>
      <${TextField} label="E-mail address" type="email" autocomplete="username" ...${field("email")} required />
      <${TextField} label="Password" type="password" autocomplete="current-password" ...${field("password")} required />
    <//>
    ${info.data?.provider ? html`<${Button} href="/api/v1/auth/oidc/login" kind="full">Sign in with ${info.data.provider}<//>` : null}
    ${info.data?.registration && !again ? html`<p>No account yet? <a href="/account/register">Register</a></p>` : null}
  </div>`;
}

export default function SignIn({ hash }) {
  const [token] = useState(() => tokenIn(hash));
  return token ? html`<${Once} token=${token} />` : html`<${SignInForm} />`;
}

/** The link of `pixcrawler serve` and `pixcrawler users link`. Whoever is signed in as somebody else is asked. */
function Once({ token }) {
  const starting = useStore(session.state) === "starting"; // its answer would take the place of the new cookie
  const [enter, act] = useAct(async (instead = false) => {
    const headers = { "X-Requested-With": "page" };
    const answer = await post("/auth/one-time", { token, cookie: true, instead }, { open: true, headers });
    history.replaceState(history.state, "", "/"); // where the page is loaded anew, for somebody else
    await session.begin(answer);
    go("/", { replace: true });
  });
  useEffect(() => {
    history.replaceState(history.state, "", location.pathname); // the token is used up: nothing to keep
    if (!starting) enter();
  }, [starting]);
  if (act.error?.status === 409) {
    return html`<div class="stack"><${Head} title="Sign in" /><p>${act.error.message}</p>
      <p class="row"><${Button} kind="primary" href="/">Stay signed in<//><${Button} onClick=${() => enter(true)}>Sign in as somebody else<//></p></div>`;
  }
  if (!act.error) return html`<h1 class="hidden" tabindex="-1">Signing in</h1><${Loading} what="Signing you in" />`;
  return html`<div class="stack-l"><${Problem} error=${act.error} /><${SignInForm} /></div>`;
}
