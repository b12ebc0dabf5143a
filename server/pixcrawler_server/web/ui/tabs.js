// The views of one part of the page, side by side.
import { html, useEffect, useRef } from "../lib/html.js";
import { place } from "../lib/router.js";
import { useStore } from "../lib/store.js";

/** `entries` are pairs of title and address; the one with the longest address that we are at is current. */
export function Tabs({ name, entries }) {
  const { path } = useStore(place);
  const current = useRef(null);
  const at = (href) => path === href || path.startsWith(`${href}/`);
  const here = entries.reduce((best, [, href]) => (at(href) && href.length > best.length ? href : best), "");
  useEffect(() => current.current?.scrollIntoView({ block: "nearest", inline: "center" }), [here]);
  return html`<nav class="tabs" aria-label=${name}>${entries.map(
    ([title, href]) => html`<a href=${href} aria-current=${href === here ? "page" : undefined} ref=${href === here ? current : null}>${title}</a>`,
  )}</nav>`;
}
