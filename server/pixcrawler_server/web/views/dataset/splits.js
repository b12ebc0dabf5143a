// How a dataset is split, and whether images that belong together stand in two splits.
import { html } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { capital, number, words } from "../../lib/format.js";
import { useLoad } from "../../lib/load.js";
import { Bars } from "../../ui/plot.js";
import { Card, Empty, Figure, Notice, Table } from "../../ui/parts.js";
import { Assembled } from "./missing.js";

const PAIRS = [
  { name: "Pairs", lead: true, cell: ([kind]) => capital(words(kind)) },
  { name: "In all", right: true, cell: ([, found]) => number(found.count) },
  { name: "In two splits", right: true, cell: ([, found]) => number(found.spanning) },
];

export function Splits({ id }) {
  const splits = useLoad((signal) => get(`/datasets/${id}/splits`, { signal }), [id]);
  return html`<${Assembled} from=${splits} what="Loading the splits">${({ report }) => (report ? html`<${Report} id=${id} report=${report} />` : html`<${Card}><${Empty} icon="datasets" title="No splits">The job of the dataset has no table [splits]. With one, images are told apart for training, validation and test, and near duplicates stay together.<//><//>`)}<//>`;
}

function Report({ id, report }) {
  return html`<div class="stack">
    ${report.errors.length ? report.errors.map((each) => html`<${Notice} tone="bad">${each}<//>`) : html`<${Notice} tone="good">No images that belong together stand in two splits.<//>`}
    <div class="halves">
      <${Card} title="Images"><${Bars} name="Images by split" rows=${sizes(id, report.images)} /><//>
      <${Card} title="Groups" about="Images that belong together are in one group"><div class="grid-s">
        <${Figure} name="Groups">${number(report.groups.count)}<//>
        <${Figure} name="Of several images">${number(report.groups.of_several_images)}<//>
        <${Figure} name="In two splits">${number(report.groups.spanning)}<//>
        <${Figure} name="Without a split">${number(report.without_split)}<//>
        <${Figure} name="Moved">${number(report.moved.length)}<//>
      </div><//>
    </div>
    <${Card} title="Pairs that could leak" flush><${Table} name="Pairs that could leak" columns=${PAIRS} rows=${Object.entries(report.pairs)} keyOf=${([kind]) => kind} /><//>
  </div>`;
}

function sizes(id, images) {
  const total = (found) => (typeof found === "number" ? found : Object.values(found).reduce((sum, each) => sum + total(each), 0));
  return Object.entries(images).map(([name, found]) => ({ name, value: total(found), href: `/datasets/${id}/images?split=${encodeURIComponent(name)}` }));
}
