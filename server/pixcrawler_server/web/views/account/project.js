// A project: its name, its datasets and its members.
import { html } from "../../lib/html.js";
import { asked, remove } from "../../lib/api.js";
import { useAct, useList, useLoad } from "../../lib/load.js";
import { go } from "../../lib/router.js";
import { useTitle } from "../../lib/title.js";
import { confirm } from "../../ui/dialog.js";
import { Form, useForm } from "../../ui/form.js";
import { Listing } from "../../ui/listing.js";
import { Button, Card, Head, Loaded, Missing, Problem, Time } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";
import { Members } from "./members.js";
import { ProjectFields } from "./projects.js";

const DATASETS = [
  { name: "Dataset", lead: true, cell: (each) => html`<a class="label" href="/datasets/${encodeURIComponent(each.id)}">${each.name}</a>` },
  { name: "Changed", right: true, cell: (each) => html`<${Time} at=${each.updated_at} />` },
];

export default function Project({ params }) {
  const found = useLoad((signal) => asked("GET", `/projects/${params.id}`, { signal }), [params.id]);
  useTitle(found.data?.data.name);
  if (found.error?.status === 404) return html`<${Missing} thing="project" to="/projects" name="projects">It was removed, or you are not a member of it.<//>`;
  return html`<${Loaded} from=${found} what="Loading the project">${({ data, tag }) => html`
    <${Head} title=${data.name} about=${data.description} back="Projects" backTo="/projects" />
    <div class="stack-l">
      <${Datasets} id=${data.id} />
      <${Members} project=${data} />
      ${data.role === "viewer" ? null : html`<${Change} key=${tag} project=${data} tag=${tag} take=${found.set} />`}
      ${data.role === "owner" ? html`<${Removal} project=${data} />` : null}
    </div>`}<//>`;
}

function Datasets({ id }) {
  const list = useList("/datasets", { project: id, limit: 20 });
  return html`<section class="stack"><h2>Datasets</h2>
    <${Listing} name="Datasets" list=${list} columns=${DATASETS} empty=${html`<p class="plain soft">None yet: a new crawl makes one.</p>`} />
  </section>`;
}

function Change({ project, tag, take }) {
  const { values, field } = useForm({ name: project.name, description: project.description });
  const [save, act] = useAct(async () => {
    take(await asked("PATCH", `/projects/${project.id}`, { body: values, tag }));
    toast("The project is changed");
  });
  return html`<div class="form-width"><${Card} title="Name and description"><${Form} onSubmit=${save} act=${act} submit="Save" kind="">
    <${ProjectFields} field=${field} />
  <//><//></div>`;
}

function Removal({ project }) {
  const [drop, act] = useAct(async () => {
    const text = `“${project.name}” is removed for all its members. It must have no datasets.`;
    if (!(await confirm({ title: "Remove this project?", text, yes: "Remove the project", danger: true }))) return;
    await remove(`/projects/${project.id}`);
    toast("The project is removed");
    go("/projects", { replace: true });
  });
  return html`<div class="form-width"><${Card} title="Remove the project" about="Its datasets must be removed, or moved to another one, before."><div class="stack">
    <${Problem} error=${act.error} /><div><${Button} kind="danger" icon="trash" busy=${act.busy} onClick=${drop}>Remove the project<//></div>
  </div><//></div>`;
}
