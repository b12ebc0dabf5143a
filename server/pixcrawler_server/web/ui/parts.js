// The small parts that all views are made of.
import { html, useId } from "../lib/html.js";
import { usePicture } from "../lib/pictures.js";
import { exactTime, percent, since, words } from "../lib/format.js";
import { Icon } from "./icon.js";

export { Icon };

/** A button, or a link that looks like one where `href` is given. `kind`: primary, danger, quiet, small, icon. */
export function Button({ kind = "", icon, busy = false, disabled = false, href, label, children, ...more }) {
  const inside = html`${icon ? html`<${Icon} name=${icon} />` : null}${children}`;
  const told = { class: `button ${kind}`, "aria-label": label, title: label, ...more };
  if (href) return html`<a href=${href} ...${told}>${inside}</a>`;
  return html`<button type="button" disabled=${disabled} aria-disabled=${busy ? "true" : undefined} aria-busy=${busy || undefined}
    ...${told} onClick=${busy ? (event) => event.preventDefault() : more.onClick}>${inside}</button>`;
}

/** The heading of a view: each has one, which is focused when the view is shown. */
export function Head({ title, back, backTo, about, children }) {
  return html`<header class="head">
    <div class="head-text">
      ${backTo ? html`<a class="back" href=${backTo}><${Icon} name="back" />${back}</a>` : null}
      <h1 tabindex="-1">${title}</h1>
      ${about ? html`<p>${about}</p>` : null}
    </div>
    ${children ? html`<div class="row">${children}</div>` : null}
  </header>`;
}

export function Card({ title, about, actions, flush = false, children, ...more }) {
  const id = useId();
  const head = title
    ? html`<div class="card-head"><div><h2 id=${id}>${title}</h2>${about ? html`<p class="soft small">${about}</p>` : null}</div>${actions}</div>`
    : null;
  return html`<section class="card ${flush ? "flush" : ""}" aria-labelledby=${title ? id : undefined} ...${more}>${head}${children}</section>`;
}

const TONES = {
  completed: "good", ready: "good", done: "good", active: "good", ok: "good", accepted: "good",
  running: "active", cancelling: "active", pending: "active",
  paused: "warn", completed_short: "warn", throttled: "warn", suspended: "warn", cancelled: "",
  failed: "bad", blocked: "bad", changed_layout: "bad", rejected: "bad", erasing: "bad",
};

/** A state in a word; `tone` is good, warn, bad, active or nothing, and follows from known states. */
export function Badge({ state, tone, children }) {
  return html`<span class="badge ${tone ?? TONES[state] ?? ""}">${children ?? words(state)}</span>`;
}

export function Bar({ value, most = 100, name, thin = false }) {
  const share = most > 0 ? Math.max(0, Math.min(100, (100 * value) / most)) : 0;
  return html`<div class="bar ${thin ? "thin" : ""}" role="progressbar" aria-label=${name} aria-valuemin="0" aria-valuemax="100"
    aria-valuenow=${Math.round(share)} aria-valuetext=${percent(share)}><div style=${{ width: `${share}%` }}></div></div>`;
}

/** A time as `5 minutes ago`, with the exact one on hover. */
export function Time({ at }) {
  return at ? html`<time datetime=${at} title=${exactTime(at)}>${since(at)}</time>` : html`<span>–</span>`;
}

export function Notice({ tone = "", children, actions }) {
  return html`<div class="notice ${tone}" role=${tone === "bad" ? "alert" : "status"}><p>${children}</p>${actions}</div>`;
}

/** What went wrong, and the way to try again. */
export function Problem({ error, again }) {
  if (!error) return null;
  const actions = again ? html`<${Button} kind="small" icon="retry" onClick=${again}>Try again<//>` : null;
  return html`<${Notice} tone="bad" actions=${actions}>${error.message}<//>`;
}

/** What is shown where there is nothing yet: why, and what to do. `heading` is that of a view that has no other. */
export function Empty({ heading, icon = "picture", title, children, actions }) {
  return html`${heading ? html`<h1 class="hidden" tabindex="-1">${heading}</h1>` : null}<div class="empty"><${Icon} name=${icon} /><h2>${title}</h2><p>${children}</p>${actions}</div>`;
}

/** A view of a thing that is not there: `to` is the list of those that are, `name` what its view is called. */
export function Missing({ thing, to, name, children }) {
  const back = html`<${Button} href=${to} kind="primary">To the ${name}<//>`;
  return html`<${Empty} heading="Not found" icon="search" title="There is no such ${thing}" actions=${back}>${children}<//>`;
}

/** Where a link of an e-mail leads that does not work. */
export function BadLink({ title, error, actions }) {
  const text = error ? error.message : "The link is not whole. Open it from the e-mail once more, or copy all of it.";
  return html`<${Head} title=${title} /><div class="stack"><${Notice} tone=${error ? "bad" : "warn"}>${text}<//><div class="row">${actions}</div></div>`;
}

export function Loading({ what = "Loading" }) {
  return html`<div class="bones" role="status"><span class="hidden">${what} …</span><div></div><div></div><div></div></div>`;
}

/** What `useLoad` told: bones, an error, or `children(data)`. */
export function Loaded({ from, what, children }) {
  if (from.error && from.data === null) return html`<${Problem} error=${from.error} again=${from.reload} />`;
  if (from.data === null) return html`<${Loading} what=${what} />`;
  return html`<${Problem} error=${from.error} again=${from.reload} />${children(from.data)}`;
}

/**
 * A table whose rows become cards on a phone. `columns`: `{name, cell(row), right, lead, quiet}`; `lead` is what
 * a row is called by, and the name of a `quiet` one is for screen readers alone.
 */
export function Table({ name, columns, rows, keyOf = (row) => row.id }) {
  const cell = (column, row) => {
    const inside = column.cell(row);
    const looks = `${column.right ? "right" : ""} ${column.lead ? "lead" : ""} ${inside === null ? "bare" : ""}`;
    return html`<td class=${looks} data-name=${column.quiet ? undefined : column.name}>${inside}</td>`;
  };
  return html`<div class="scroll"><table class="table folds">
    <caption class="hidden">${name}</caption>
    <thead><tr>${columns.map((column) => html`<th scope="col" class=${column.right ? "right" : ""}><span class=${column.quiet ? "hidden" : ""}>${column.name}</span></th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${keyOf(row)}>${columns.map((column) => cell(column, row))}</tr>`)}</tbody>
  </table></div>`;
}

/** Names and values: `rows` are pairs; those without a value are left out. */
export function Facts({ rows }) {
  const told = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return html`<dl class="facts">${told.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export function Figure({ name, children, note }) {
  return html`<div><p class="figure-name">${name}</p><p class="figure-value">${children}</p>${note ? html`<p class="soft small">${note}</p>` : null}</div>`;
}

/** A picture of the API, such as `/images/7/thumbnail?size=256`; `alt` is what it shows. */
export function Thumb({ path, alt, whole = false, missing = "No picture" }) {
  const { address, error } = usePicture(path);
  const inside = address ? html`<img src=${address} alt=${alt} decoding="async" />` : null;
  return html`<span class="thumb ${whole ? "whole" : ""}">${inside}${error || !path ? html`<span class="missing">${error && ![404, 409].includes(error.status) ? "Not loaded" : missing}</span>` : null}</span>`;
}

/** The button below a list of `useList`. */
export function More({ list }) {
  if (!list.more) return null;
  return html`<div class="row plain"><${Button} busy=${list.loading} onClick=${list.next}>Show more<//></div>`;
}
