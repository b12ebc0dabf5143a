// The last pictures that a job accepted, or left out.
import { html } from "../../lib/html.js";
import { useCalm } from "../../lib/load.js";
import { Card, Thumb } from "../../ui/parts.js";

const CALM = 5000; // ms for which pictures stay at least: a fast job finds more than anybody looks at

export function Latest({ kind, title, items: newest, empty }) {
  const items = useCalm(newest, CALM);
  return html`<${Card} title=${title}>${items?.length
    ? html`<ul class="latest">${items.map((each) => html`<li key=${each.id}><${One} kind=${kind} of=${each} /></li>`)}</ul>`
    : html`<p class="soft">${empty}</p>`}<//>`;
}

function One({ kind, of }) {
  const path = `/candidates/${of.id}/thumbnail?size=256`;
  const about = kind === "accepted" ? of.category : (of.reason ?? "");
  return html`<figure title=${[of.title, of.engine, of.category, of.reason].filter(Boolean).join(" · ")}>
    <${Thumb} path=${path} alt=${of.title || of.category} missing="Not here any more" />
    <figcaption class="cut small">${about}</figcaption>
  </figure>`;
}
