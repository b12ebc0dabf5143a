// How images are checked, and what is written at the end.
import { html } from "../../lib/html.js";
import { valueAt } from "../../lib/job_tables.js";
import { POLICIES } from "../../lib/policies.js";
import { Checkbox, Segments, Select } from "../../ui/form.js";
import { Card } from "../../ui/parts.js";

const LEVELS = ["fast", "medium", "slow"];

export function Results({ draft, change, choices }) {
  const level = valueAt(draft.rest, "job.validation") ?? "fast";
  const made = choices.checks.filter((each) => LEVELS.indexOf(each.level) <= LEVELS.indexOf(level));
  const formats = valueAt(draft.rest, "export.formats") ?? [];
  const pick = (name, on) => {
    const names = on ? [...formats, name] : formats.filter((each) => each !== name);
    change("export.formats", names.length ? names : null);
  };
  return html`<${Card} title="Checks and exports">
    <div class="stack">
      <div class="stack-s"><${Segments} label="How thoroughly each image is checked" value=${level} options=${LEVELS} onInput=${(value) => change("job.validation", value === "fast" ? null : value)} />
        <p class="hint">${made.length} checks: ${made.map((each) => each.name).join(", ")}.</p></div>
      <details class="more" open=${formats.length > 0}><summary>Write the dataset also as a file</summary>
        <div class="choices">${choices.formats.map(
          (each) => html`<${Checkbox} label=${each.name} hint=${each.summary} checked=${formats.includes(each.name)} disabled=${Boolean(each.why_not)} onInput=${(on) => pick(each.name, on)} />`,
        )}</div></details>
      ${formats.length
        ? html`<div class="fields"><${Select} label="Exports have" value=${valueAt(draft.rest, "export.policy") ?? ""} options=${POLICIES} onInput=${(value) => change("export.policy", value)} /></div>`
        : null}
    </div>
  <//>`;
}
