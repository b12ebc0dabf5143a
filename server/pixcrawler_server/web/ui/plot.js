// Plots as SVG. The figures of bars stand beside them, those of columns in a table below, for everybody.
import { html } from "../lib/html.js";
import { number, percent } from "../lib/format.js";
import { Table } from "./parts.js";

const HEIGHT = 100;
const WIDTH = 10; // of a column and the gap behind it
const GAP = 2;
const FEWEST = 12; // columns for which there is room: one alone is no wall

/** Bars from left to right: `rows` are `{name, value, href, tone, colour}`, the largest fills the width. */
export function Bars({ name, rows, tone = "1", most = 12, unit = number }) {
  const shown = rows.slice(0, most);
  const rest = rows.slice(most).reduce((sum, each) => sum + each.value, 0);
  const all = rest ? [...shown, { name: `${rows.length - most} more`, value: rest, bare: true }] : shown;
  const largest = Math.max(1e-9, ...shown.map((each) => each.value));
  const told = (each) => (each.href ? html`<a href=${each.href}>${each.name}</a>` : each.name);
  return html`<div class="bars"><table class="bars-table"><caption class="hidden">${name}</caption>
    <colgroup><col class="bars-name" /><col /><col class="bars-value" /></colgroup>
    <tbody>${all.map((each) => html`<tr key=${each.name}><th scope="row"><span class="cut" title=${each.name}>${told(each)}</span></th>
      <td aria-hidden="true">${each.bare ? null : html`<svg width="100%" height="14" preserveAspectRatio="none"><rect width=${`${(100 * each.value) / largest}%`} height="14" rx="3" fill=${each.colour ?? `var(--plot-${each.tone ?? tone})`} stroke=${each.colour ? "var(--line-strong)" : "none"} /></svg>`}</td>
      <td class="right number">${unit(each.value)}</td></tr>`)}</tbody></table></div>`;
}

/**
 * `rows` are `{key, label, values}`, from left to right; `series` are the names of their values, which stand
 * upon each other. `format` writes a value, `keys` says what rows are told apart by, `tone` is the first colour.
 */
export function Columns({ title, keys = "Day", rows, series, format = number, tone = 1 }) {
  const most = rounded(Math.max(0, ...rows.map((row) => sum(row.values))));
  const across = Math.max(FEWEST, rows.length) * WIDTH;
  const told = `${title}: ${rows.length} columns, from ${rows[0].label} to ${rows.at(-1).label}; the highest is ${format(highest(rows))}.`;
  return html`<figure class="plot">
    ${series.length > 1 ? html`<${Legend} series=${series} />` : null}
    <div class="plot-in">
      <div class="plot-scale" aria-hidden="true"><span>${format(most)}</span><span>${middle(most, rows, format)}</span><span>0</span></div>
      <svg class="plot-area" viewBox="0 0 ${across} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${told}>
        ${[0.5, HEIGHT / 2, HEIGHT - 0.5].map((y) => html`<line class="plot-line" x1="0" x2=${across} y1=${y} y2=${y} />`)}
        ${rows.map((row, place) => html`<${Column} key=${row.key} ...${{ row, place, most, series, format, tone }} />`)}
      </svg>
      <div class="plot-ends" aria-hidden="true">${ends(rows).map((end) => html`<span>${end}</span>`)}</div>
    </div>
    <details class="plot-table"><summary>Show as a table</summary><${Values} ...${{ title, keys, rows, series, format }} /></details>
  </figure>`;
}

export function Legend({ series }) {
  return html`<ul class="legend">${series.map((name, place) => html`<li><span class="swatch plot-${place + 1}"></span>${name}</li>`)}</ul>`;
}

function Column({ row, place, most, series, format, tone }) {
  let top = HEIGHT;
  const said = [row.label, ...series.map((name, each) => `${name}: ${format(row.values[each])}`)].join("\n");
  const parts = row.values.map((value, each) => {
    const height = most ? (HEIGHT * value) / most : 0;
    top -= height;
    return html`<rect class="plot-${each + tone}" x=${place * WIDTH + GAP / 2} y=${top} width=${WIDTH - GAP} height=${height} />`;
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

/** A share of 1, in per cent. */
export const share = (value) => percent(100 * value);

const sum = (values) => values.reduce((total, each) => total + each, 0);
const highest = (rows) => Math.max(...rows.map((row) => sum(row.values)));

/** What stands below the columns: where few leave room beside them, the first and the last together. */
function ends(rows) {
  const [first, last] = [rows[0].label, rows.at(-1).label];
  if (rows.length < FEWEST) return [rows.length > 1 ? `${first} to ${last}` : first];
  return [first, rows[rows.length >> 1].label, last];
}

/** The middle of the scale; nothing where that would be half of something that is counted. */
function middle(most, rows, format) {
  const counted = rows.every((row) => row.values.every(Number.isInteger));
  return counted && !Number.isInteger(most / 2) ? "" : format(most / 2);
}

/** The next of 1, 2, 4, 10, 20, ... */
function rounded(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 10].find((step) => step * power >= value) * power;
}
