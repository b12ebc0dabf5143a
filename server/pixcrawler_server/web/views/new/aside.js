// Beside the form: what the job would take, the button, and the same as a file.
import { html } from "../../lib/html.js";
import { bytes, count, duration, money, number, percent } from "../../lib/format.js";
import { imagesOf } from "../../lib/job_tables.js";
import { useAnswer } from "../../lib/load.js";
import { copy } from "../../ui/copy.js";
import { Button, Card, Facts, Notice, Problem } from "../../ui/parts.js";

export function Aside({ draft, tables, file, problems, asked, act, begin }) {
  const sound = asked && !problems.length && file.data;
  const body = { tables, ...(draft.dataset ? { dataset: draft.dataset } : {}) };
  const estimate = useAnswer("/jobs/estimate", sound ? body : null);
  const ready = asked && !problems.length;
  return html`<div class="aside stack">
    <${Card} title="What it takes"><div class="stack">
      <${Told} ...${{ asked, problems, estimate, draft }} />
      <${Problem} error=${act.error} />
      <${Button} kind="primary full" icon="play" busy=${act.busy} disabled=${!ready} onClick=${() => begin(false)}>Start the crawl<//>
      <${Button} kind="full" busy=${act.busy} disabled=${!ready} onClick=${() => begin(true)}>Keep as a draft<//>
    </div><//>
    <${AsFile} text=${file.data?.text ?? ""} />
  </div>`;
}

function Told({ asked, problems, estimate, draft }) {
  if (!asked) return html`<p class="soft">Type what you look for; then you see here how long it takes and how much it fetches.</p>`;
  if (problems.length) {
    return html`<${Notice} tone="warn">${count(problems.length, "thing")} to mend:<//>
      <ul class="problems">${problems.slice(0, 8).map((each) => html`<li>${each.message}</li>`)}</ul>`;
  }
  if (estimate.error) return html`<${Notice} tone="warn">${estimate.error.message}<//>`;
  const found = estimate.data;
  if (!found) return html`<p class="soft" role="status">Estimating ${count(imagesOf(draft), "image")} …</p>`;
  const cost = found.cost_cents ? money(found.charged_cents, found.currency) : null;
  return html`<div aria-busy=${estimate.loading}><${Facts} rows=${[
      ["Images", number(found.images)],
      ["Time", `about ${duration(found.seconds)}`],
      ["Fetched", `about ${bytes(found.bytes)}`],
      ["Kept", `about ${bytes(found.stored_bytes)}`],
      ["Requests", `about ${number(found.requests)}`],
      ["Cost", cost],
    ]} /></div>
    <p class="soft small">${found.jobs ? `By ${count(found.jobs, "job")} before` : "By usual figures"}: ${percent(100 * found.accepted_share)} of what is found is accepted.</p>`;
}

function AsFile({ text }) {
  const actions = text ? html`<${Button} kind="small" icon="copy" onClick=${() => copy(text)}>Copy<//>` : null;
  return html`<${Card} title="As a file" actions=${actions}>
    ${text
      ? html`<pre class="toml" tabindex="0" aria-label="Job file">${text}</pre><p class="soft small">For <code>pixcrawler run</code> or <code>jobs submit</code>. Drop such a file anywhere here to fill the form.</p>`
      : html`<p class="soft">Drop a job file (TOML) anywhere here to fill the form.</p>`}
  <//>`;
}
