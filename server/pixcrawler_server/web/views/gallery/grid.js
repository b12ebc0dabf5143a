// The tiles of a gallery: only the rows in sight are in the page, however many there are.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { nameOf, thumbnail } from "../../lib/gallery.js";
import { useStore } from "../../lib/store.js";
import { Icon, Thumb } from "../../ui/parts.js";

const GAP = 8;
const BESIDE = 2; // rows above and below those in sight
const MARKS = { reject: ["bad", "close"], accept: ["good", "check"], move: ["active", "file"], label: ["active", "check"] };

/** Columns and the side of a tile, for a width and the size that is wanted. */
function layoutOf(width, wanted) {
  const columns = Math.max(2, Math.floor((width + GAP) / (wanted + GAP)));
  return { columns, side: Math.floor((width - GAP * (columns - 1)) / columns) };
}

/** `{columns, side, from, to}`: how tiles lie, and which rows are in sight. */
function useSight(ref, rows, wanted) {
  const [width, setWidth] = useState(0);
  const [sight, setSight] = useState({ from: 0, to: 8 });
  const layout = layoutOf(width, wanted);
  const step = layout.side + GAP;
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watch.observe(ref.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const look = () => {
      const top = -ref.current.getBoundingClientRect().top;
      const from = Math.max(0, Math.floor(top / step) - BESIDE);
      const to = Math.max(from + 1, Math.ceil((top + window.innerHeight) / step) + BESIDE);
      setSight((before) => (before.from === from && before.to === to ? before : { from, to }));
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      window.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, [step, rows]);
  return { ...layout, step, ready: width > 0, ...sight };
}

export function Grid({ list, wanted, current, chosen, decisions, onPick, onOpen, layout }) {
  const ref = useRef(null);
  const made = useStore(decisions.made);
  const total = list.count ?? list.pages.get(0)?.length ?? 0; // the first page may be there before the count
  const sight = useSight(ref, total, wanted);
  const rows = Math.ceil(total / sight.columns);
  const [from, to] = [Math.min(sight.from, rows), Math.min(sight.to, rows)];
  useEffect(() => {
    if (sight.ready && total) list.want(from * sight.columns, Math.min(total, to * sight.columns));
  }, [list, from, to, sight.columns, sight.ready, total]);
  useEffect(() => {
    layout.current = { columns: sight.columns, step: sight.step, element: ref.current };
  });
  const row = Math.floor(current / sight.columns);
  const active = sight.ready && current < total && row >= from && row < to ? `tile-${current}` : undefined;
  const shown = [];
  for (let next = from; sight.ready && next < to; next += 1) shown.push(next);
  return html`<div class="tiles" ref=${ref} role="listbox" aria-multiselectable="true" aria-label="Images" tabindex="0"
    aria-busy=${shown.length ? undefined : "true"} aria-activedescendant=${active}
    style=${{ "--side": `${sight.side}px`, height: `${Math.max(0, rows * sight.step - GAP)}px` }}>
    ${shown.map((row) => html`<div class="tile-row" role="presentation" key=${row} style=${{ transform: `translateY(${row * sight.step}px)` }}>
      ${places(row, sight.columns, total).map((place) => {
        const item = list.at(place);
        return html`<${Tile} key=${place} ...${{ place, total, item, side: sight.side, onPick, onOpen }}
          current=${place === current} chosen=${chosen.has(item?.id)} made=${item && made.get(item.sha256)} />`;
      })}
    </div>`)}
  </div>`;
}

const places = (row, columns, total) =>
  Array.from({ length: Math.max(0, Math.min(columns, total - row * columns)) }, (_, at) => row * columns + at);

function Tile({ place, total, item, side, current, chosen, made, onPick, onOpen }) {
  const told = made ?? (item?.decision ? { decision: item.decision } : null);
  const state = `${current ? "current" : ""} ${chosen ? "chosen" : ""} ${made?.decision === "reject" ? "gone" : ""} ${made?.waiting ? "waiting" : ""}`;
  return html`<div class="tile ${state}" id="tile-${place}" role="option" aria-selected=${String(chosen)} aria-setsize=${total}
    aria-posinset=${place + 1} onClick=${(event) => onPick(place, event)} onDblClick=${() => onOpen(place)}>
    ${item ? html`<${Thumb} path=${thumbnail(item, side)} alt=${altOf(item, told)} missing="Not kept here" />` : html`<span class="thumb"><span class="hidden">Image ${number(place + 1)}, loading</span></span>`}
    ${told && MARKS[told.decision] ? html`<span class="tile-mark ${MARKS[told.decision][0]}"><${Icon} name=${MARKS[told.decision][1]} /></span>` : null}
    ${item?.reason ? html`<span class="tile-reason cut">${item.reason}</span>` : null}
  </div>`;
}

const altOf = (item, told) => [nameOf(item), item.reason, told?.decision].filter(Boolean).join(", ");
