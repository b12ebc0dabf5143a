// Thresholds as sliders: what they would change is shown before it is done.
import { html, useState } from "../../lib/html.js";
import { get, post } from "../../lib/api.js";
import { patiently } from "../../lib/decisions.js";
import { count, number, score, words } from "../../lib/format.js";
import { useAct, useAnswer, useLoad } from "../../lib/load.js";
import { Dialog } from "../../ui/dialog.js";
import { Button, Empty, Loaded, Problem, Thumb } from "../../ui/parts.js";
import { Legend } from "../../ui/plot.js";
import { toast } from "../../ui/toasts.js";

const PAUSE = 250; // ms after the last move until the server counts
const SAMPLES = 12;
const MOST = 1000; // decisions of a request

export function Thresholds({ id, onClose, onApplied }) {
  const scores = useLoad((signal) => get(`/datasets/${id}/thresholds`, { signal }), [id]);
  return html`<${Dialog} wide title="Thresholds" onClose=${onClose}>
    <p class="soft">Move a threshold to see which images would go and which rejected ones would come back. Nothing changes until you apply it. What people decided stays as it is.</p>
    <${Loaded} from=${scores} what="Loading the scores">${(found) =>
      found.items.length ? html`<${Sliders} ...${{ id, checks: found.items, onClose, onApplied }} />` : html`<${Empty} title="No check gave a score yet">Scores come with images, when a job of the dataset runs.<//>`}<//>
  <//>`;
}

function Sliders({ id, checks, onClose, onApplied }) {
  const [given, set] = useState({});
  const moved = Object.keys(given).length > 0;
  const { data: changes, error } = useAnswer(`/datasets/${id}/thresholds`, moved ? { thresholds: given, most: SAMPLES } : null, PAUSE);
  const move = (check, usual) => (value) => {
    const next = { ...given, [check]: value };
    if (Math.abs(value - usual) < 0.001) delete next[check];
    set(next);
  };
  const [apply, act] = useAct(async () => {
    const done = await applied(id, given);
    toast(`${count(done.removed, "image")} rejected, ${number(done.added)} accepted.`);
    onApplied();
    onClose();
  });
  const any = moved && changes && changes.removed + changes.added > 0;
  return html`<div class="stack-l">
    <${Legend} series=${["Kept", "Rejected"]} />
    <div class="sliders">${checks.map((each) => html`<${Slider} key=${each.check} check=${each} value=${given[each.check] ?? each.threshold ?? 0} onInput=${move(each.check, each.threshold ?? 0)} />`)}</div>
    <${Problem} error=${error ?? act.error} />
    <div aria-live="polite" class="stack">${moved && changes ? html`
      <${Sample} title=${`${count(changes.removed, "image")} would be rejected`} items=${changes.remove} kind="images" />
      <${Sample} title=${`${count(changes.added, "rejected image")} would come back`} items=${changes.add} kind="candidates" />` : html`<p class="soft">No threshold is moved.</p>`}</div>
    <div class="dialog-foot">
      <${Button} onClick=${() => set({})} disabled=${!moved}>Put them back<//>
      <${Button} kind="primary" busy=${act.busy} disabled=${!any} onClick=${apply}>Apply<//>
    </div>
  </div>`;
}

/** Decide on all that thresholds change, a thousand at a time. */
async function applied(id, thresholds) {
  const done = { removed: 0, added: 0 };
  for (;;) {
    const told = await post(`/datasets/${id}/thresholds`, { thresholds, most: MOST / 2 }, { key: null });
    const decisions = [
      ...told.remove.map(({ sha256 }) => ({ sha256, decision: "reject", note: "threshold" })),
      ...told.add.map(({ sha256 }) => ({ sha256, decision: "accept", note: "threshold" })),
    ];
    if (!decisions.length) return done;
    await patiently(() => post(`/datasets/${id}/review`, { decisions }));
    done.removed += told.remove.length;
    done.added += told.add.length;
  }
}

function Slider({ check, value, onInput }) {
  const most = Math.max(1, ...check.kept, ...check.rejected);
  const bars = (counts, kind) => counts.map((images, place) => (images ? html`<rect class="plot-${kind}" x=${place * 2} width="1.6" y=${40 - (38 * Math.sqrt(images)) / Math.sqrt(most)} height=${(38 * Math.sqrt(images)) / Math.sqrt(most)} />` : null));
  const name = words(check.check);
  return html`<label class="slider">
    <span class="row-s apart"><span class="label">${name}</span><output class="number">${score(value)}</output></span>
    <svg viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">${bars(check.kept, 1)}${bars(check.rejected, 2)}
      <line x1=${value * 100} x2=${value * 100} y1="0" y2="40" /></svg>
    <input type="range" min="0" max="1" step="0.01" value=${value} aria-label="Threshold of ${name}" onInput=${(event) => onInput(Number(event.currentTarget.value))} />
    <span class="hint">${number(sum(check.kept))} kept, ${number(sum(check.rejected))} rejected with a score</span>
  </label>`;
}

const sum = (counts) => counts.reduce((total, each) => total + each, 0);

function Sample({ title, items, kind }) {
  return html`<section><h3>${title}</h3><div class="alike">${items.map((each) => html`<${Thumb} key=${each.id} path="/${kind}/${each.id}/thumbnail?size=128" alt=${each.category} />`)}</div></section>`;
}
