// The gallery of a dataset: what it keeps and what was left out, and people's decisions on it.
import { html, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { get } from "../lib/api.js";
import { Decisions } from "../lib/decisions.js";
import { count, number } from "../lib/format.js";
import { useGallery } from "../lib/gallery.js";
import { useLoad } from "../lib/load.js";
import { setQuery } from "../lib/router.js";
import { useStore } from "../lib/store.js";
import { useTitle } from "../lib/title.js";
import { Button, Empty, Head, Loading, Problem } from "../ui/parts.js";
import { Filters } from "./gallery/filters.js";
import { Grid } from "./gallery/grid.js";
import { Keys, Label, Move, stepOf } from "./gallery/keys.js";
import { Thresholds } from "./gallery/thresholds.js";
import { Viewer } from "./gallery/viewer.js";

const WANTED = { narrow: 100, wide: 168 }; // pixels of a tile, about
const ACTS = { a: { decision: "accept" }, r: { decision: "reject" } };

export default function Gallery({ params, query }) {
  const dataset = useLoad((signal) => get(`/datasets/${params.id}`, { signal }), [params.id]);
  const [filtering, filter] = useState(isFiltered(query));
  const { list, reload, key } = useGallery(params.id, query);
  const decisions = useMemo(() => new Decisions(params.id), [params.id]);
  const review = useReview({ list, decisions, query, key });
  const needed = filtering || review.asked !== null; // it goes through all images, so only when it is looked at
  const facets = useLoad((signal) => (needed ? get(`/datasets/${params.id}/facets`, { signal }) : Promise.resolve(null)), [params.id, needed]);
  const name = dataset.data?.name ?? "Dataset";
  useTitle(dataset.data ? `${name}: images` : undefined);
  useLeaving(decisions);
  const renew = () => {
    reload();
    facets.reload();
  };
  return html`<div class="gallery" onKeyDown=${review.key}>
    <${Head} title="Images" back=${name} backTo="/datasets/${params.id}" about=${list.count === null ? "…" : count(list.count, "image")}>
      <${Waiting} decisions=${decisions} />
      <${Button} onClick=${() => review.ask("thresholds")}>Thresholds<//>
      <${Button} onClick=${() => review.ask("keys")} aria-keyshortcuts="?">Keys<//>
      <${Button} icon="retry" kind="icon" label="Load anew" onClick=${renew} />
    <//>
    <div class="stack">
      <${Filters} query=${query} facets=${facets.data} open=${filtering} set=${filter} />
      <${Problem} error=${list.error ?? dataset.error} again=${renew} />
      ${list.count === 0 ? html`<${Nothing} query=${query} id=${params.id} />` : null}
      ${list.count === null && !list.error ? html`<${Loading} what="Loading the images" />` : null}
      <${Grid} list=${list} wanted=${window.innerWidth < 600 ? WANTED.narrow : WANTED.wide} decisions=${decisions} ...${review.grid} />
    </div>
    ${review.chosen.length ? html`<${Picked} review=${review} facets=${facets.data} />` : null}
    ${review.open !== null ? html`<${Viewer} ...${{ list, review, decisions, id: params.id, verdict: query.verdict }} />` : null}
    ${review.asked ? html`<${Asked} review=${review} facets=${facets.data} id=${params.id} renew=${renew} />` : null}
  </div>`;
}

function Asked({ review, facets, id, renew }) {
  const told = { facets, count: count(review.targets().length, "image"), onClose: () => review.ask(null), onDone: review.decide };
  if (review.asked === "keys") return html`<${Keys} onClose=${told.onClose} />`;
  if (review.asked === "move") return html`<${Move} ...${told} />`;
  if (review.asked === "label") return html`<${Label} ...${told} />`;
  return html`<${Thresholds} id=${id} onClose=${told.onClose} onApplied=${renew} />`;
}

/** What is chosen and open, and what keys do. */
function useReview({ list, decisions, query, key }) {
  const [at, setAt] = useState({ current: 0, anchor: 0 });
  const [chosen, setChosen] = useState(new Map());
  const [asked, ask] = useState(null);
  const layout = useRef({ columns: 1, step: 1 });
  useEffect(() => {
    const help = ({ key, target }) => key === "?" && target === document.body && ask("keys");
    window.addEventListener("keydown", help);
    return () => window.removeEventListener("keydown", help);
  }, []);
  const open = query.image === undefined ? null : Number(query.image);
  useEffect(() => {
    setAt({ current: 0, anchor: 0 });
    setChosen(new Map());
  }, [key]);
  const show = (place) => {
    const item = list.at(place);
    if (item) setQuery({ image: item.id }, { replace: open !== null });
  };
  const goTo = (place, { range = false } = {}) => {
    const next = Math.max(0, Math.min((list.count ?? 1) - 1, place));
    setAt({ current: next, anchor: range ? at.anchor : next });
    if (range) setChosen(between(list, at.anchor, next));
    reveal(layout.current, next);
    if (open !== null) show(next);
  };
  const toggle = (place) => {
    const item = list.at(place);
    if (!item) return;
    setChosen((before) => {
      const next = new Map(before);
      if (!next.delete(item.id)) next.set(item.id, item);
      return next;
    });
    setAt({ current: place, anchor: place });
  };
  const targets = () => {
    if (open === null && chosen.size) return [...chosen.values()];
    const item = open === null ? list.at(at.current) : openItem(list, open);
    return item ? [item] : [];
  };
  const decide = (act) => {
    const items = targets();
    ask(null);
    if (!items.length) return;
    decisions.decide(items, act);
    if (chosen.size && open === null) setChosen(new Map());
    else if (act.decision !== "label") goTo(at.current + 1);
  };
  decisions.added = (ids) => {
    if (query.verdict || !Object.keys(ids).length) return;
    const id = ids[open !== null && openItem(list, open)?.sha256];
    list.rename(ids);
    if (id) setQuery({ image: id }, { replace: true });
  };
  const close = () => {
    setQuery({ image: null });
    layout.current.element?.focus({ preventScroll: true });
  };
  const pick = (place, event) => {
    layout.current.element?.focus({ preventScroll: true });
    if (event.shiftKey) goTo(place, { range: true });
    else if (event.ctrlKey || event.metaKey) toggle(place);
    else if (place === at.current || matchMedia("(hover: none)").matches) openAt(place);
    else goTo(place);
  };
  const openAt = (place) => {
    setAt({ current: place, anchor: place });
    show(place);
  };
  const review = { at, open, asked, ask, chosen: [...chosen.values()], targets, decide, goTo, close, undo: () => decisions.undo() };
  review.none = () => setChosen(new Map());
  review.key = (event) => handle(event, { review, list, layout: layout.current, toggle, openAt, decisions });
  review.grid = { current: at.current, chosen, onPick: pick, onOpen: openAt, layout };
  review.settle = (place) => setAt({ current: place, anchor: place });
  return review;
}

function handle(event, { review, list, layout, toggle, openAt, decisions }) {
  const { target, key } = event;
  if (review.asked || event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea, dialog")) return;
  const last = (list.count ?? 1) - 1;
  const screen = Math.max(1, Math.floor(window.innerHeight / layout.step) - 1);
  const onTiles = target.closest(".tiles, .viewer, .gallery-picked");
  const step = onTiles ? stepOf(key, { columns: review.open === null ? layout.columns : 1, screen, current: review.at.current, last }) : null;
  const button = target.closest("button, a, summary");
  if (step !== null) review.goTo(review.at.current + step, { range: event.shiftKey && review.open === null });
  else if (key in ACTS) review.decide(ACTS[key]);
  else if (key === "m" || key === "l") review.ask(key === "m" ? "move" : "label");
  else if (key === "z") decisions.undo();
  else if (key === "?") review.ask("keys");
  else if (key === "Escape") review.open === null ? review.none() : review.close();
  else if (key === "Enter" && onTiles && !button) openAt(review.at.current);
  else if (key === " " && onTiles && !button) toggle(review.at.current);
  else return;
  event.preventDefault();
}

const openItem = (list, id) => list.at(list.find((each) => each.id === id)) ?? null;

/** The items between two places, as far as they are in memory. */
function between(list, one, other) {
  const found = new Map();
  for (let place = Math.min(one, other); place <= Math.max(one, other); place += 1) {
    const item = list.at(place);
    if (item) found.set(item.id, item);
  }
  return found;
}

/** Scroll so far that the tile of a place is in sight. */
function reveal({ element, columns, step }, place) {
  if (!element) return;
  const top = element.getBoundingClientRect().top + Math.floor(place / columns) * step;
  const [above, below] = [72, window.innerHeight - 16];
  if (top < above) window.scrollBy(0, top - above);
  else if (top + step > below) window.scrollBy(0, top + step - below);
}

function Picked({ review }) {
  return html`<div class="gallery-picked" role="toolbar" aria-label="What is chosen">
    <strong class="number">${number(review.chosen.length)} chosen</strong>
    <${Button} kind="small" icon="check" onClick=${() => review.decide({ decision: "accept" })}>Accept<//>
    <${Button} kind="small danger" icon="close" onClick=${() => review.decide({ decision: "reject" })}>Reject<//>
    <${Button} kind="small" onClick=${() => review.ask("move")}>Move<//>
    <${Button} kind="small" onClick=${() => review.ask("label")}>Label<//>
    <${Button} kind="small quiet" onClick=${review.none}>Choose none<//>
  </div>`;
}

function Waiting({ decisions }) {
  const waiting = useStore(decisions.waiting);
  const cut = useStore(decisions.cut);
  if (waiting === null) return null;
  const told = cut ? `Server not reached: ${count(waiting, "decision")} to be sent` : waiting ? `${number(waiting)} being kept …` : "All decisions are kept";
  return html`<span class=${cut ? "badge warn" : "soft small"} role="status">${told}</span>
    <${Button} kind="quiet" onClick=${() => decisions.undo()} aria-keyshortcuts="z">Undo<//>`;
}

/** Nothing is lost: the browser asks before the page is left with decisions that are not sent. */
function useLeaving(decisions) {
  useEffect(() => {
    const warn = (event) => decisions.waiting.get() && event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => {
      window.removeEventListener("beforeunload", warn);
      decisions.added = () => {};
    };
  }, [decisions]);
}

const isFiltered = (query) => Object.keys(query).some((name) => !["verdict", "order", "image"].includes(name));

function Nothing({ query, id }) {
  if (isFiltered(query)) return html`<${Empty} icon="search" title="No image is like that">Choose other filters above, or clear them.<//>`;
  if (query.verdict) return html`<${Empty} title="Nothing was left out">What checks reject, and what looks like an image that is kept, stands here.<//>`;
  const begin = html`<${Button} href="/new?dataset=${id}" kind="primary" icon="plus">New crawl<//>`;
  return html`<${Empty} title="No image yet" actions=${begin}>They come when a job of the dataset runs.<//>`;
}
