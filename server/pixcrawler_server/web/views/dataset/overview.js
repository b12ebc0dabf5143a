// What a dataset has, as figures and plots.
import { html } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { bytes, number, words } from "../../lib/format.js";
import { useLoad } from "../../lib/load.js";
import { Bars, Columns, share } from "../../ui/plot.js";
import { Button, Card, Empty, Figure, Loaded, Loading, Problem } from "../../ui/parts.js";

const SHADES = { red: "#d0342c", orange: "#e8862e", yellow: "#e6c229", green: "#3f9142", cyan: "#35a7a7", blue: "#2f6bb3", purple: "#7b4fa3", pink: "#d873a8", black: "#1d1d1d", grey: "#8c8c8c", white: "#f4f4f4" };

export function Overview({ id }) {
  const facets = useLoad((signal) => get(`/datasets/${id}/facets`, { signal }), [id]);
  return html`<${Loaded} from=${facets} what="Counting the images">${(found) => (found.images || found.reasons.length ? html`<${Plots} id=${id} facets=${found} />` : html`<${Nothing} id=${id} />`)}<//>`;
}

function Nothing({ id }) {
  const begin = html`<${Button} href="/new?dataset=${id}" kind="primary" icon="plus">New crawl<//>`;
  return html`<${Card}><${Empty} title="Nothing to count yet" actions=${begin}>Images come when a job of the dataset runs.<//><//>`;
}

function Plots({ id, facets }) {
  const out = facets.reasons.reduce((sum, each) => sum + each.images, 0);
  const to = (filter) => (each) => ({ name: each.name, value: each.images, href: `/datasets/${id}/images?${new URLSearchParams({ [filter]: each.name })}` });
  const plain = (each) => ({ name: each.name, value: each.images });
  const column = (each) => ({ key: each.name, label: each.name, values: [each.images] });
  const quality = facets.quality.map((images, place) => column({ name: `${(place / 20).toFixed(2)} to ${((place + 1) / 20).toFixed(2)}`, images }));
  const scored = facets.quality.some(Boolean);
  return html`<div class="stack">
    <${Card}><div class="grid-s">
      <${Figure} name="Images">${number(facets.images)}<//>
      <${Figure} name="Size">${bytes(facets.bytes)}<//>
      <${Figure} name="Categories">${number(facets.categories.length)}<//>
      <${Figure} name="Hosts">${facets.hosts.length === 200 ? "200 or more" : number(facets.hosts.length)}<//>
      <${Figure} name="Left out">${number(out)}<//>
    </div><//>
    <div class="halves">
      <${Plot} title="Categories" rows=${facets.categories.map(to("category"))} />
      <${Plot} title="Licences" rows=${facets.licences.map(to("licence"))} tone="3" />
      <${Plot} title="Sources" rows=${facets.engines.map(to("source"))} tone="2" />
      <${Plot} title="Hosts" rows=${facets.hosts.map(to("host"))} tone="4" />
      <${Plot} title="Shorter side, in pixels" rows=${facets.sides.map(plain).map((each) => ({ ...each, name: each.name.replace("<", "below ") }))} tone="3" />
      <${Plot} title="Formats" rows=${facets.formats.map(plain)} tone="5" />
      <${Plot} title="Labels" rows=${facets.labels.map(to("label"))} tone="4" />
      ${facets.images ? html`<${Colours} id=${id} />` : null}
      ${scored ? html`<${Card} title="Quality" about="From 0 to 1: the mean of the checks' scores"><${Columns} title="Images by quality" keys="Quality" series=${["Images"]} rows=${quality} /><//>` : null}
      ${facets.days.length ? html`<${Card} title="Time" about="Images by the day on which they were kept, in UTC"><${Columns} title="Images by day" series=${["Images"]} rows=${facets.days.map(column)} tone=${2} /><//>` : null}
      <${Plot} title="Why candidates were left out" rows=${facets.reasons.map((each) => reason(id, each))} tone="2" />
    </div>
  </div>`;
}

function reason(id, each) {
  const shown = each.state === "rejected" || each.state === "duplicate";
  const query = new URLSearchParams({ verdict: each.state, ...(each.name ? { reason: each.name } : {}) });
  return { name: words(each.name || each.state), value: each.images, href: shown ? `/datasets/${id}/images?${query}` : undefined };
}

function Plot({ title, rows, tone }) {
  return rows.length ? html`<${Card} title=${title}><${Bars} name=${title} rows=${rows} tone=${tone} /><//>` : null;
}

function Colours({ id }) {
  const colours = useLoad((signal) => get(`/datasets/${id}/colours`, { signal }), [id]);
  const found = colours.data;
  const rows = (found?.items ?? []).filter((each) => each.share >= 0.001).map((each) => ({ name: each.name, value: each.share, colour: SHADES[each.name] }));
  return html`<${Card} title="Colours" about=${found ? `Share of the pixels, of ${number(found.images)} images from all over the dataset` : undefined}>
    <${Problem} error=${colours.error} again=${colours.reload} />
    ${found ? html`<${Bars} name="Colours" rows=${rows} unit=${share} />` : colours.error ? null : html`<${Loading} what="Looking at the colours" />`}
  <//>`;
}
