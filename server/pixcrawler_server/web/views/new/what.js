// What is looked for: categories with their keywords, how many of each, and ideas for more.
import { html, useState } from "../../lib/html.js";
import { post } from "../../lib/api.js";
import { score } from "../../lib/format.js";
import { wordsOf } from "../../lib/job_tables.js";
import { useAct } from "../../lib/load.js";
import { Checkbox, NumberField, Select, TextField } from "../../ui/form.js";
import { Button, Card, Notice, Problem } from "../../ui/parts.js";

const USUAL = ["wordnet", "morphology", "templates"];
const AT_ONCE = 20; // keywords that the server widens at once

export function What(given) {
  const { draft, set, change, projects, problems } = given;
  const row = (place, changes) =>
    set((before) => ({ ...before, rows: before.rows.map((each, at) => (at === place ? { ...each, ...changes } : each)) }));
  const add = () => set((before) => ({ ...before, rows: [...before.rows, { keywords: "", name: "", most: null }] }));
  const drop = (place) => set((before) => ({ ...before, rows: before.rows.filter((_, at) => at !== place) }));
  return html`<${Card} title="What you look for" about="Each row is a category. Several keywords, parted by commas, fill one category.">
    <div class="stack">
      ${draft.rows.map((each, place) => html`<${Row} ...${{ each, place, row, drop, only: draft.rows.length === 1, usual: draft.rest.job?.max_images, problems }} />`)}
      <div class="row"><${Button} kind="small" icon="plus" onClick=${add}>Add a category<//><${Ideas} ...${given} row=${row} /></div>
      <div class="pair">
        <${NumberField} label="Images in each category" min="1" value=${draft.rest.job?.max_images} onInput=${(value) => change("job.max_images", value)}
          problem=${problemAt(problems, "job.max_images")} />
        <${Where} ...${{ draft, set, projects, problems }} />
      </div>
    </div>
  <//>`;
}

function Row({ each, place, row, drop, only, usual, problems }) {
  const nth = place + 1;
  const told = problemAt(problems, `job.keywords.${place}`) ?? problemAt(problems, `category.${place}`);
  return html`<div class="category" role="group" aria-label="Category ${nth}">
    <${TextField} label="Keywords" placeholder=${place ? "" : "red panda, lesser panda"} value=${each.keywords} onInput=${(keywords) => row(place, { keywords })} problem=${told} />
    <${TextField} label="Name" placeholder=${wordsOf(each)[0] ?? ""} value=${each.name} onInput=${(name) => row(place, { name })} />
    <${NumberField} label="Images" min="1" placeholder=${usual ?? 100} value=${each.most} onInput=${(most) => row(place, { most })} />
    ${only ? null : html`<${Button} kind="quiet icon" icon="trash" label="Remove category ${nth}" onClick=${() => drop(place)} />`}
  </div>`;
}

function Where({ draft, set, projects, problems }) {
  if (draft.dataset) {
    return html`<div class="field"><p class="label">Dataset</p><p>${draft.name || draft.dataset}</p><p class="hint">The images are added to what it has.</p></div>`;
  }
  return html`<${TextField} label="Name of the dataset" optional placeholder=${wordsOf(draft.rows[0])[0] ?? ""} value=${draft.name}
      onInput=${(name) => set((before) => ({ ...before, name }))} problem=${problemAt(problems, "job.name")} />
    ${projects.length > 1
      ? html`<${Select} label="Project" value=${String(draft.project || projects[0].id)} onInput=${(project) => set((before) => ({ ...before, project }))}
          options=${projects.map((each) => [String(each.id), each.name])} />`
      : null}`;
}

/** Queries that come of the keywords, to tick: what is ticked becomes a keyword of the category. */
function Ideas({ draft, choices, row }) {
  const there = choices.expanders.filter((each) => !each.why_not);
  const [open, setOpen] = useState(false);
  const [names, setNames] = useState(there.map((each) => each.name).filter((name) => USUAL.includes(name)));
  const [found, setFound] = useState(null);
  const words = draft.rows.map((each) => wordsOf(each)[0]).filter(Boolean);
  const [look, act] = useAct(async () => {
    setFound(await post("/jobs/expansions", { keywords: [...new Set(words)].slice(0, AT_ONCE), expanders: names }, { key: null }));
  });
  if (!open) return html`<${Button} kind="small" icon="search" onClick=${() => setOpen(true)}>Find more keywords<//>`;
  const pick = (name, on) => setNames(on ? [...names, name] : names.filter((each) => each !== name));
  return html`<section class="ideas stack" aria-label="More keywords">
    <div class="choices">${there.map((each) => html`<${Checkbox} label=${each.name} hint=${each.summary} checked=${names.includes(each.name)} onInput=${(on) => pick(each.name, on)} />`)}</div>
    <div class="row"><${Button} kind="small" busy=${act.busy} disabled=${!words.length || !names.length} onClick=${look}>Look<//>
      ${words.length ? null : html`<span class="soft small">Type a keyword first.</span>`}</div>
    <${Problem} error=${act.error} />
    ${Object.entries(found?.errors ?? {}).map(([name, why]) => html`<${Notice} tone="warn">${name}: ${why}.<//>`)}
    ${found ? html`<${Found} found=${found} draft=${draft} row=${row} />` : null}
  </section>`;
}

function Found({ found, draft, row }) {
  const ideas = found.queries.filter((query) => query.origin !== "job");
  if (!ideas.length) return html`<p class="soft">Nothing else was found for these keywords.</p>`;
  return draft.rows.map((each, place) => {
    const words = wordsOf(each);
    const own = ideas.filter((query) => query.keyword === words[0]);
    const tick = (text, on) => row(place, { keywords: (on ? [...words, text] : words.filter((word) => word !== text)).join(", "), name: each.name || words[0] });
    return own.length
      ? html`<fieldset class="field"><legend class="label">${words[0]}</legend><div class="choices">${own.map(
          (query) => html`<${Checkbox} label=${query.text} checked=${words.includes(query.text)} onInput=${(on) => tick(query.text, on)}>
            <span class="soft small number"> ${query.relation}, ${score(query.score)}</span><//>`,
        )}</div></fieldset>`
      : null;
  });
}

/** What is wrong at a place of the job's tables, or below it; undefined where nothing is. */
export const problemAt = (problems, path) =>
  problems.find((each) => each.field === path || each.field.startsWith(`${path}.`))?.message;
