// All datasets that you may see, newest first, or those of one project.
import { html } from "../lib/html.js";
import { get } from "../lib/api.js";
import { bytes, count } from "../lib/format.js";
import { useList, useLoad } from "../lib/load.js";
import { setQuery } from "../lib/router.js";
import { Select } from "../ui/form.js";
import { Button, Card, Empty, Head, Loading, More, Problem, Thumb, Time } from "../ui/parts.js";

const COVER = 4;

export default function Datasets({ query }) {
  const list = useList("/datasets", { limit: 24, project: query.project });
  const projects = useLoad((signal) => get("/projects", { query: { limit: 100 }, signal }));
  const usage = useLoad((signal) => get("/storage/usage", { signal }));
  const mine = projects.data?.items ?? [];
  const names = new Map(mine.map((each) => [each.id, each.name]));
  const used = new Map((usage.data?.datasets ?? []).map((each) => [each.dataset_id, each]));
  const begin = html`<${Button} href="/new" kind="primary" icon="plus">New crawl<//>`;
  const options = [["", "All"], ...mine.map((each) => [String(each.id), each.name])];
  return html`<${Head} title="Datasets">${begin}<//>
    <div class="stack">
      ${mine.length > 1 || query.project ? html`<div class="filters"><${Select} label="Project" value=${query.project ?? ""} options=${options} onInput=${(project) => setQuery({ project })} /></div>` : null}
      <${Problem} error=${list.error} again=${list.reload} />
      ${!list.items.length && list.loading ? html`<${Loading} what="Loading the datasets" />` : null}
      ${!list.items.length && !list.loading && !list.error ? html`<${Card}><${Empty} icon="datasets" title="No dataset yet" actions=${begin}>A crawl makes one: say what you look for, and how many images.<//><//>` : null}
      <ul class="datasets">${list.items.map((each) => html`<${Entry} key=${each.id} dataset=${each} project=${names.get(each.project_id)} used=${used.get(each.id)} />`)}</ul>
      <${More} list=${list} />
    </div>`;
}

function Entry({ dataset, project, used }) {
  const cover = useLoad((signal) => get(`/datasets/${dataset.id}/images`, { query: { limit: COVER }, signal }), [dataset.id]);
  const images = cover.data?.items ?? [];
  return html`<li class="card dataset">
    <a class="dataset-cover" href="/datasets/${dataset.id}/images" aria-label="Images of ${dataset.name}">${Array.from({ length: COVER }, (_, place) =>
      images[place] ? html`<${Thumb} path="/images/${images[place].id}/thumbnail?size=256" alt="" missing="" />` : html`<span class="thumb"></span>`)}</a>
    <div class="stack-s">
      <h2><a href="/datasets/${dataset.id}">${dataset.name}</a></h2>
      <p class="soft small">${[project, used && count(used.images, "image"), used && bytes(used.local_bytes)].filter(Boolean).join(" · ")}</p>
      <p class="soft small">Made <${Time} at=${dataset.created_at} /></p>
    </div>
  </li>`;
}
