import { html, useEffect, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { tokenIn } from "../lib/letters.js";
import { useAct } from "../lib/load.js";
import { Button, Empty, Head, Loading, Problem } from "../ui/parts.js";

export default function Verify({ hash }) {
  const [token] = useState(() => tokenIn(hash));
  const [done, set] = useState(false);
  const [verify, act] = useAct(async () => {
    await post("/auth/verify", { token }, { open: true });
    set(true);
    history.replaceState(history.state, "", location.pathname);
  });
  useEffect(() => {
    if (token) verify();
  }, []);
  const way = html`<${Button} href="/" kind="primary">Go on<//>`;
  if (done) return html`<h1 class="hidden" tabindex="-1">Verified</h1><${Empty} icon="check" title="Your address is verified" actions=${way}>You can begin to crawl.<//>`;
  if (act.error) return html`<${Head} title="Verify your address" /><${Problem} error=${act.error} again=${verify} />`;
  if (token) return html`<h1 class="hidden" tabindex="-1">Verifying</h1><${Loading} what="Verifying your address" />`;
  return html`<${Head} title="Verify your address" /><p>The link is not whole. Open it from the e-mail once more.</p>`;
}
