// Columns over days, drawn as SVG; the same figures are in a table below, for everybody.
import { html } from "../lib/html.js";
import { number } from "../lib/format.js";
import { Table } from "./parts.js";

const HEIGHT = 100;
const WIDTH = 10; // of a column and the gap behind it
const GAP = 2;

/**
 * `rows` are `{key, label, values}`, from left to right; `series` are the names of their values, which stand
 * upon each other. `format` writes a value, `keys` says what rows are told apart by.
 */
export function Columns({ title, keys = "Day", rows, series, format = number }) {
  const most = rounded(Math.max(0, ...rows.map((row) => sum(row.values))));
  const told = `${title}: ${rows.length} columns, from ${rows[0].label} to ${rows.at(-1).label}; the highest is ${format(highest(rows))}.`;
  return html`<figure class="plot">
    ${series.length > 1 ? html`<${Legend} series=${series} />` : null}
    <div class="plot-in">
      <div class="plot-scale" aria-hidden="true"><span>${format(most)}</span><span>${format(most / 2)}</span><span>0</span></div>
      <svg class="plot-area" viewBox="0 0 ${rows.length * WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${told}>
        ${[0.5, HEIGHT / 2, HEIGHT - 0.5].map((y) => html`<line class="plot-line" x1="0" x2=${rows.length * WIDTH} y1=${y} y2=${y} />`)}
        ${rows.map((row, place) => html`<${Column} key=${row.key} ...${{ row, place, most, series, format }} />`)}
      </svg>
      <div class="plot-ends" aria-hidden="true"><span>${rows[0].label}</span><span>${rows.length > 2 ? rows[rows.length >> 1].label : ""}</span><span>${rows.length > 1 ? rows.at(-1).label : ""}</span></div>
    </div>
    <details class="plot-table"><summary>Show as a table</summary><${Values} ...${{ title, keys, rows, series, format }} /></details>
  </figure>`;
}

export function Legend({ series }) {
  return html`<ul class="legend">${series.map((name, place) => html`<li><span class="swatch plot-${place + 1}"></span>${name}</li>`)}</ul>`;
}

function Column({ row, place, most, series, format }) {
  let top = HEIGHT;
  const said = [row.label, ...series.map((name, each) => `${name}: ${format(row.values[each])}`)].join("\n");
  const parts = row.values.map((value, each) => {
    const height = most ? (HEIGHT * value) / most : 0;
    top -= height;
    return html`<rect class="plot-${each + 1}" x=${place * WIDTH + GAP / 2} y=${top} width=${WIDTH - GAP} height=${height} />`;
  });
  return html`<g><title>${said}</title>${parts}<rect class="plot-hover" x=${place * WIDTH} y="0" width=${WIDTH} height=${HEIGHT} /></g>`;
}

function Values({ title, keys, rows, series, format }) {
  const columns = [
    { name: keys, lead: true, cell: (row) => row.label },
    ...series.map((name, place) => ({ name, right: true, cell: (row) => format(row.values[place]) })),
  ];
  return html`<${Table} name=${title} columns=${columns} rows=${[...rows].reverse()} keyOf=${(row) => row.key} />`;
}

const sum = (values) => values.reduce((total, each) => total + each, 0);
const highest = (rows) => Math.max(...rows.map((row) => sum(row.values)));

/** The next of 1, 2, 5, 10, 20, ... */
function rounded(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}
