// The name of a dataset, and its end.
import { html } from "../../lib/html.js";
import { asked, remove } from "../../lib/api.js";
import { useAct } from "../../lib/load.js";
import { go } from "../../lib/router.js";
import { confirm } from "../../ui/dialog.js";
import { Form, TextField, useForm } from "../../ui/form.js";
import { Button, Card, Facts, Problem, Time } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";

export function Settings({ id, dataset }) {
  const { data } = dataset;
  const { values, field } = useForm({ name: data.name });
  const [save, act] = useAct(async () => {
    const { tag } = await asked("GET", `/datasets/${id}`);
    const changed = await asked("PATCH", `/datasets/${id}`, { body: values, tag });
    dataset.set(changed.data);
    toast("The name is kept.");
  });
  const [drop, dropping] = useAct(async () => {
    const text = `“${data.name}” goes with its images, versions and exports. This cannot be undone.`;
    if (!(await confirm({ title: "Remove the dataset?", text, yes: "Remove it", danger: true }))) return;
    await remove(`/datasets/${id}`);
    go("/datasets");
    toast("The dataset is removed.");
  });
  return html`<div class="stack">
    <${Card} title="Name"><${Form} submit="Keep" act=${act} onSubmit=${save}>
      <${TextField} label="Name" maxlength="200" ...${field("name")} />
    <//><//>
    <${Card} title="About"><${Facts} rows=${[["Id", html`<code>${id}</code>`], ["Made", html`<${Time} at=${data.created_at} />`], ["Changed", html`<${Time} at=${data.updated_at} />`]]} /><//>
    <${Card} title="Take down, remove" about="A single image is taken down where it is shown. Removing the dataset takes all of it.">
      <div class="stack"><${Problem} error=${dropping.error} /><div class="row"><${Button} kind="danger" icon="trash" busy=${dropping.busy} onClick=${drop}>Remove the dataset<//></div></div>
    <//>
  </div>`;
}
