// Plots as SVG, each with a table of the same for screen readers.
import { html } from "../lib/html.js";
import { number, percent } from "../lib/format.js";

/** Bars from left to right: `rows` are `{name, value, href}`, the largest fills the width. */
export function Bars({ name, rows, tone = "1", most = 12, unit = number }) {
  const shown = rows.slice(0, most);
  const rest = rows.slice(most).reduce((sum, each) => sum + each.value, 0);
  const all = rest ? [...shown, { name: `${rows.length - most} more`, value: rest }] : shown;
  const largest = Math.max(1e-9, ...all.map((each) => each.value));
  const told = (each) => (each.href ? html`<a href=${each.href}>${each.name}</a>` : each.name);
  return html`<div class="bars"><table class="bars-table"><caption class="hidden">${name}</caption>
    <tbody>${all.map((each) => html`<tr key=${each.name}><th scope="row"><span class="cut" title=${each.name}>${told(each)}</span></th>
      <td aria-hidden="true"><svg width="100%" height="14" preserveAspectRatio="none"><rect width=${`${(100 * each.value) / largest}%`} height="14" rx="3" fill=${each.colour ?? `var(--plot-${tone})`} stroke=${each.colour ? "var(--line-strong)" : "none"} /></svg></td>
      <td class="right number">${unit(each.value)}</td></tr>`)}</tbody></table></div>`;
}

/** Columns side by side, such as of classes or days; names stand below the first and the last one. */
export function Columns({ name, rows, tone = "1" }) {
  const largest = Math.max(1, ...rows.map((each) => each.value));
  const wide = 100 / Math.max(12, rows.length);
  return html`<figure class="columns-plot">
    <svg viewBox="0 0 100 40" preserveAspectRatio="none" width="100%" height="140" aria-hidden="true" focusable="false">
      <line x1="0" x2="100" y1="39.8" y2="39.8" class="axis" />
      ${rows.map((each, place) => html`<rect x=${place * wide + wide * 0.08} width=${wide * 0.84} y=${39.5 - (38 * each.value) / largest} height=${(38 * each.value) / largest} fill="var(--plot-${tone})"><title>${each.name}: ${number(each.value)}</title></rect>`)}
    </svg>
    <figcaption class="row apart small soft" aria-hidden="true"><span>${rows[0]?.name}</span><span>highest: ${number(largest)}</span>${rows.length > 1 ? html`<span>${rows.at(-1).name}</span>` : null}</figcaption>
    <table class="hidden"><caption>${name}</caption><tbody>${rows.map((each) => html`<tr><th scope="row">${each.name}</th><td>${number(each.value)}</td></tr>`)}</tbody></table>
  </figure>`;
}

export const share = (value) => percent(100 * value);
