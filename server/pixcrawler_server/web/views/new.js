// A new crawl: a form, what it would take, and the same as a file.
import { html, useMemo } from "../lib/html.js";
import { get, post } from "../lib/api.js";
import { useDraft } from "../lib/drafts.js";
import { EMPTY, draftOf, tablesOf, withValue, wordsOf } from "../lib/job_tables.js";
import { useAct, useAnswer, useLoad } from "../lib/load.js";
import { go } from "../lib/router.js";
import { Button, Head, Loaded } from "../ui/parts.js";
import { toast } from "../ui/toasts.js";
import { Aside } from "./new/aside.js";
import { Results } from "./new/results.js";
import { Sources } from "./new/sources.js";
import { What } from "./new/what.js";

export default function New({ query }) {
  const choices = useLoad((signal) => get("/jobs/choices", { signal }));
  const projects = useLoad((signal) => get("/projects", { query: { limit: 100 }, signal }));
  return html`<${Loaded} from=${choices} what="Loading what there is">${(found) =>
    html`<${Loaded} from=${projects}>${(mine) => html`<${Filled} choices=${found} projects=${mine.items} dataset=${query.dataset} />`}<//>`}<//>`;
}

function Filled({ choices, projects, dataset }) {
  const [draft, set, forget] = useDraft(`new${dataset ? `.${dataset}` : ""}`, { ...EMPTY, dataset: dataset ?? "" });
  const tables = useMemo(() => tablesOf(draft), [draft]);
  const asked = draft.rows.some((row) => wordsOf(row).length);
  const file = useAnswer("/jobs/file", asked ? { tables } : null);
  const problems = asked ? (file.data?.problems ?? []) : [];
  const [begin, act] = useAct((later) => order(draft, tables, later, set, forget));
  const change = (path, value) => set((before) => ({ ...before, rest: withValue(before.rest, path, value) }));
  const open = (text) => take(text, set);
  const given = { draft, set, change, choices, projects, problems };
  return html`<div class="new" ...${dropping(open)}>
    <${Head} title="New crawl" about="Say what you look for. Everything else has a sensible default.">
      <${OpenFile} open=${open} /><${Button} kind="quiet" onClick=${forget}>Begin anew<//>
    <//>
    <div class="columns">
      <div class="stack-l"><${What} ...${given} /><${Sources} ...${given} /><${Results} ...${given} /></div>
      <${Aside} ...${{ draft, tables, file, problems, asked, act, begin }} />
    </div>
  </div>`;
}

/** Make what the job needs, each thing once however often it is tried, and order it. */
async function order(draft, tables, later, set, forget) {
  let { dataset } = draft;
  if (!dataset) {
    const project = draft.project || (await firstProject());
    dataset = (await post("/datasets", { name: tables.job.name, project_id: Number(project) })).id;
    set((before) => ({ ...before, dataset, made: true }));
  }
  const { name: _, ...job } = tables.job; // a dataset keeps its name
  const made = await post("/jobs", { dataset, tables: { ...tables, job }, draft: later });
  forget();
  toast(later ? "The draft is kept." : "The job is on its way.");
  go(`/jobs/${made.id}`);
}

async function firstProject() {
  const mine = await get("/projects", { query: { limit: 1 } });
  return mine.items[0]?.id ?? (await post("/projects", { name: "My project" })).id;
}

async function take(text, set) {
  try {
    const { tables, problems } = await post("/jobs/file", { text }, { key: null });
    set((before) => draftOf(tables, before));
    toast(problems.length ? "The file is in the form; see what is wrong with it." : "The file is in the form.");
  } catch (error) {
    toast(error.message);
  }
}

function OpenFile({ open }) {
  const choose = async (event) => {
    const file = event.currentTarget.files[0];
    event.currentTarget.value = "";
    if (file) open(await file.text());
  };
  return html`<label class="button"><input class="hidden" type="file" accept=".toml,text/plain" onChange=${choose} />Open a job file</label>`;
}

function dropping(open) {
  const drop = async (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    open(await file.text());
  };
  return { onDragOver: (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault(), onDrop: drop };
}
