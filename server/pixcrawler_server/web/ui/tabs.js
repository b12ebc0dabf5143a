// The views of one part of the page, side by side.
import { html, useEffect, useRef } from "../lib/html.js";
import { place } from "../lib/router.js";
import { useStore } from "../lib/store.js";

/** `entries` are pairs of title and address; current is `at`, or the one with the longest address that we are at. */
export function Tabs({ name, entries, at }) {
  const { path } = useStore(place);
  const current = useRef(null);
  const above = (href) => path === href || path.startsWith(`${href}/`);
  const here = at ?? entries.reduce((best, [, href]) => (above(href) && href.length > best.length ? href : best), "");
  useEffect(() => current.current?.scrollIntoView({ block: "nearest", inline: "center" }), [here]);
  return html`<nav class="tabs" aria-label=${name}>${entries.map(
    ([title, href]) => html`<a href=${href} aria-current=${href === here ? "page" : undefined} ref=${href === here ? current : null}>${title}</a>`,
  )}</nav>`;
}
