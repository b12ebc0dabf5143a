// Consents, the archive of your data, and being erased.
import { html, useState } from "../../lib/html.js";
import { get, post, put } from "../../lib/api.js";
import { bytes, capital, time, words } from "../../lib/format.js";
import { useAct, useEvery, useLoad } from "../../lib/load.js";
import { save } from "../../lib/save.js";
import { Checkbox } from "../../ui/form.js";
import { Badge, Bar, Button, Card, Loaded, Problem } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";
import { Erasure } from "./erasure.js";
import { AccountHead } from "./frame.js";

const POLL = 2000;

export default function Data() {
  return html`<${AccountHead} title="Your data" /><div class="stack-l form-width"><${Consents} /><${Archive} /><${Erasure} /></div>`;
}

function Consents() {
  const found = useLoad((signal) => get("/me/consents", { signal }));
  const [change, act] = useAct(async (name, given) => {
    const consent = await put(`/me/consents/${encodeURIComponent(name)}`, { given });
    found.set({ consents: { ...found.data.consents, [name]: consent } });
    toast(given ? "Noted" : "Withdrawn");
  });
  return html`<${Card} title="Consents" about="You may withdraw each at any time.">
    <${Problem} error=${act.error} />
    <${Loaded} from=${found} what="Loading your consents">${({ consents }) => Object.entries(consents).map(
      ([name, { given, at }]) => html`<${Checkbox} key=${name} label=${capital(words(name))} checked=${given} onInput=${(on) => change(name, on)}
        hint=${at ? `${given ? "Given" : "Withdrawn"} on ${time(at)}` : "Never given"} />`,
    )}<//>
  <//>`;
}

/** The archive is made in the background, and may be waited for elsewhere. */
export function Archive() {
  const found = useLoad((signal) => get("/me/export", { signal }).catch((error) => (error.status === 404 ? { status: "none" } : Promise.reject(error))));
  const [progress, setProgress] = useState(null);
  useEvery(found.data?.status === "pending" ? POLL : 0, found.reload);
  const [ask, asking] = useAct(async () => found.set(await post("/me/export")));
  const [take, taking] = useAct(async () => {
    await save("/me/export/archive", "pixcrawler-data.zip", { onProgress: (done, most) => setProgress({ done, most }) });
    setProgress(null);
  });
  const about = "A ZIP file with all that is known of you: profile, projects, jobs, what you did. Images are not in it: export their datasets.";
  return html`<${Card} title="A copy of your data" about=${about}>
    <${Loaded} from=${found} what="Looking for an archive">${(archive) => html`<div class="stack">
      <${Problem} error=${asking.error ?? taking.error} />
      ${archive.status === "pending" ? html`<div class="stack-s"><div class="row"><${Badge} state="pending">being made<//></div><p class="soft">It will be here in a while. You may leave this page.</p></div>` : null}
      ${archive.status === "ready" ? html`<p><${Badge} state="ready" /> ${bytes(archive.size)}, made on ${time(archive.created_at)}; here until ${time(archive.expires_at)}</p>` : null}
      ${archive.status === "failed" ? html`<p><${Badge} state="failed" /> It could not be made. Try again; if it fails again, tell whoever runs this server.</p>` : null}
      ${progress ? html`<${Bar} value=${progress.done} most=${progress.most ?? archive.size} name="Download" />` : null}
      <div class="row">
        ${archive.status === "ready" ? html`<${Button} kind="primary" icon="download" busy=${taking.busy} onClick=${take}>Download<//>` : null}
        ${archive.status === "pending" ? null : html`<${Button} busy=${asking.busy} onClick=${ask}>${archive.status === "ready" ? "Make a new one" : "Make the archive"}<//>`}
      </div>
    </div>`}<//>
  <//>`;
}
