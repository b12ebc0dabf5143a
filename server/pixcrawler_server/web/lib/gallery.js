// What a gallery shows, by the query of its address: `?verdict=rejected&reason=blurred`.
import { useEffect, useRef, useState } from "./html.js";
import { LongList } from "./long_list.js";

export const VERDICTS = [
  ["", "Kept"],
  ["rejected", "Rejected"],
  ["duplicate", "Near duplicates"],
];
/** Filters of what is kept: name in the address, and in the API. */
const KEPT = {
  category: "category", licence: "licence", source: "engine", host: "host", label: "label", split: "split",
  decision: "decision", min: "quality_min", max: "quality_max", order: "order",
};
const LEFT_OUT = { category: "category", source: "engine", reason: "reason", group: "duplicate_of" };
export const FILTERS = [...new Set([...Object.keys(KEPT), ...Object.keys(LEFT_OUT), "verdict"])];
const SIDES = [128, 256, 512];

/** The paths and the query of the API for the query of an address. */
function listOf(dataset, query) {
  const verdict = query.verdict ?? "";
  const names = Object.entries(verdict ? LEFT_OUT : KEPT).filter(([name]) => query[name]);
  const asked = Object.fromEntries(names.map(([name, told]) => [told, query[name]]));
  if (!verdict) return { path: `/datasets/${dataset}/images`, asked };
  return { path: `/datasets/${dataset}/ledger`, asked: { state: verdict, ...asked } };
}

/** The list of an address, drawn anew whenever more of it is there. */
export function useGallery(dataset, query) {
  const { path, asked } = listOf(dataset, query);
  const key = JSON.stringify([path, asked]);
  const [, draw] = useState(0);
  const [round, again] = useState(0);
  const list = useRef({ key: null });
  if (list.current.key !== key + round) {
    list.current.of?.close();
    list.current = { key: key + round, of: new LongList(path, `${path}/marks`, asked, () => draw((count) => count + 1)) };
  }
  useEffect(() => () => list.current.of?.close(), []);
  return { list: list.current.of, reload: () => again((count) => count + 1), key };
}

/** The picture of an image or a candidate, as large as it is drawn. */
export function thumbnail(item, pixels) {
  if (!item?.sha256) return null;
  const wanted = pixels * (window.devicePixelRatio || 1);
  const side = SIDES.find((each) => each >= wanted) ?? SIDES.at(-1);
  return `/${item.state ? "candidates" : "images"}/${item.id}/thumbnail?size=${side}`;
}

/** What an image is called. */
export const nameOf = (item) => (item.state ? item.title || `Candidate ${item.id}` : `${item.category} ${item.number}`);
