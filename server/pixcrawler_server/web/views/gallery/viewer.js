// One image, over the gallery: the picture, and all that is known of it.
import { html, useEffect, useRef } from "../../lib/html.js";
import { asked, get, post } from "../../lib/api.js";
import { bytes, score, time, words } from "../../lib/format.js";
import { nameOf } from "../../lib/gallery.js";
import { useLoad, useSettled } from "../../lib/load.js";
import { usePicture } from "../../lib/pictures.js";
import { useStore } from "../../lib/store.js";
import { confirm } from "../../ui/dialog.js";
import { Badge, Button, Facts, Loading, Problem, Thumb } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";

const SHOWN = new Set(["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "MPO"]); // formats that browsers draw
const LARGEST = 30_000_000; // bytes of a file that is fetched to be looked at
const PAUSE = 300; // ms until what takes longer is asked: whoever leafs on does not wait for it

export function Viewer({ list, review, decisions, id, verdict }) {
  const ref = useRef(null);
  const key = review.open;
  const place = list.find((each) => each.id === key);
  const item = place < 0 ? null : list.at(place);
  const decided = useStore(decisions.made);
  const gone = verdict || decided.get(item?.sha256)?.decision === "reject";
  const details = useLoad((signal) => (gone ? Promise.resolve(null) : get(`/images/${key}`, { signal })), [key, gone, list.names]);
  const found = details.data?.id === key ? details.data : null;
  useEffect(() => ref.current.focus({ preventScroll: true }), []);
  useEffect(() => {
    document.body.classList.add("covered");
    return () => document.body.classList.remove("covered");
  }, []);
  useEffect(() => {
    if (place >= 0 && place !== review.at.current) review.settle(place);
  }, [place]);
  const known = item ?? found;
  const made = decided.get(known?.sha256);
  return html`<section class="viewer" role="dialog" aria-label=${known ? nameOf(known) : "Image"} tabindex="-1" ref=${ref}>
    <${Tools} ...${{ review, made, place, list }} />
    <div class="viewer-in">
      <${Big} item=${known} />
      <div class="viewer-facts stack">
        <${Problem} error=${details.error} again=${details.reload} />
        ${made ? html`<${Badge} tone=${made.decision === "reject" ? "bad" : "good"}>${told(made)}<//>` : null}
        ${verdict && item ? html`<${LeftOut} item=${item} />` : null}
        ${found ? html`<${Known} found=${found} id=${id} />` : null}
        ${!found && !gone && !details.error ? html`<${Loading} what="Loading what is known" />` : null}
      </div>
    </div>
  </section>`;
}

const told = (made) => ({ accept: "Accepted", reject: "Rejected", move: `Moved to ${made.category}`, label: `Label ${made.label}: ${made.holds}` })[made.decision];

function Tools({ review, place, list }) {
  const last = (list.count ?? 1) - 1;
  return html`<div class="viewer-tools" role="toolbar" aria-label="Review">
    <${Button} kind="small icon" icon="back" label="Before" disabled=${place <= 0} onClick=${() => review.goTo(place - 1)} />
    <${Button} kind="small icon turned" icon="back" label="Next" disabled=${place < 0 || place >= last} onClick=${() => review.goTo(place + 1)} />
    <${Button} kind="small" icon="check" onClick=${() => review.decide({ decision: "accept" })}>Accept<//>
    <${Button} kind="small danger" icon="close" onClick=${() => review.decide({ decision: "reject" })}>Reject<//>
    <${Button} kind="small" onClick=${() => review.ask("move")}>Move<//>
    <${Button} kind="small" onClick=${() => review.ask("label")}>Label<//>
    <${Button} kind="small" onClick=${review.undo}>Undo<//>
    <${Button} kind="small quiet icon end" icon="close" label="Close" onClick=${review.close} />
  </div>`;
}

/** The thumbnail at once, and the file itself when somebody stays with it. */
function Big({ item }) {
  const stayed = useSettled(item?.id, PAUSE);
  const whole = item && !item.state && !item.reason && SHOWN.has((item.format ?? "").toUpperCase()) && item.bytes < LARGEST && stayed === item.id;
  const { address } = usePicture(whole ? `/images/${item.id}/file` : null);
  const place = item?.state ? "candidates" : "images";
  return html`<div class="viewer-picture">
    ${address ? html`<img src=${address} alt=${nameOf(item)} />` : html`<${Thumb} whole path=${item?.sha256 ? `/${place}/${item.id}/thumbnail?size=512` : null} alt=${item ? nameOf(item) : ""} missing="Its bytes are not on this server now" />`}
  </div>`;
}

function LeftOut({ item }) {
  return html`
    <${Facts} rows=${[
      ["State", html`<${Badge} state=${item.state} />`],
      ["Reason", item.reason],
      ["Why", item.detail],
      ["Title", item.title],
      ["Category", item.category],
      ["Source", item.engine],
      ["Query", item.query],
      ["Picture", pixels(item)],
      ["Licence", item.licence],
      ["Creator", item.creator],
      ["Address", away(item.url)],
      ["Page", away(item.page_url)],
      ["Found", time(item.created_at)],
    ]} />
    <${Checks} checks=${item.checks} />`;
}

function Known({ found, id }) {
  const { row } = found;
  return html`
    <${Facts} rows=${[
      ["Category", found.category],
      ["Number", found.number],
      ["Title", row.title],
      ["Quality", found.quality === null ? null : score(found.quality)],
      ["Split", found.split],
      ["Picture", pixels(found)],
      ["Path", found.path],
    ]} />
    ${found.decision ? html`<p class="soft">Decided by a person: ${words(found.decision.decision)}${found.decision.category ? ` to ${found.decision.category}` : ""}, ${time(found.decision.decided_at)}${found.decision.note ? html`: “${found.decision.note}”` : null}</p>` : null}
    <${Labels} found=${found} />
    <${Checks} checks=${found.checks} />
    <${Part} title="Licence"><${Facts} rows=${[
      ["Code", found.licence.code ?? "Unknown"],
      ["SPDX", found.licence.spdx],
      ["Terms", away(found.licence.url)],
      ["Creator", found.licence.creator],
      ["Creator's page", away(found.licence.creator_url)],
      ["Allows", found.licence.allows.join(", ") || "Nothing that is known"],
    ]} /><//>
    <${Part} title="Where it comes from"><${Facts} rows=${[
      ["Source", row.engine],
      ["Query", row.query],
      ["Page", away(row.page_url)],
      ["Address", away(row.url)],
      ["Fetched from", row.final_url === row.url ? null : away(row.final_url)],
      ["Fetched", time(row.updated_at)],
      ["SHA-256", html`<code>${found.sha256}</code>`],
    ]} /><//>
    <${Part} title="What the host said about crawling">${found.consent ? html`<${Facts} rows=${Object.entries(found.consent).map(([name, value]) => [words(name), plain(value)])} />` : html`<p class="soft">Nothing was noted.</p>`}<//>
    <${Alike} found=${found} id=${id} />
    <details><summary>Row of the ledger</summary><${Facts} rows=${Object.entries(row).map(([name, value]) => [name, plain(value)])} /></details>
    <${Takedown} found=${found} />`;
}

const pixels = (item) => [item.width && `${item.width} × ${item.height} px`, item.format, item.bytes && bytes(item.bytes)].filter(Boolean).join(", ");
const plain = (value) => (value !== null && typeof value === "object" ? JSON.stringify(value) : value === null ? null : String(value));

function Part({ title, children }) {
  return html`<section><h2>${title}</h2>${children}</section>`;
}

/** An address elsewhere: a link where it is one of the web. */
function away(to) {
  if (!to) return null;
  return /^https?:\/\//i.test(to) ? html`<a href=${to} target="_blank" rel="noopener noreferrer">${to}</a>` : html`<span>${to}</span>`;
}

function Labels({ found }) {
  if (!found.labels.length) return null;
  return html`<${Part} title="Labels"><p class="row-s">${found.labels.map((each) => html`<span class="tag">${each.name}${each.score === undefined || each.score === null ? null : html` <span class="soft number">${score(each.score)}</span>`}</span>`)}</p><//>`;
}

function Checks({ checks }) {
  if (!checks?.length) return null;
  return html`<${Part} title="Checks"><ul class="checks">${checks.map((each) => {
    const below = each.score !== null && each.threshold !== null && each.score < each.threshold;
    return html`<li><span>${words(each.name)}</span>
      <span class="check-line ${each.score === null ? "unseen" : ""}" style=${{ "--score": each.score ?? 0, "--threshold": each.threshold ?? 0 }} aria-hidden="true"><i class=${below ? "below" : ""}></i>${each.threshold ? html`<b></b>` : null}</span>
      <span class="number nowrap">${score(each.score)}${each.threshold ? html` <span class="soft">of ${score(each.threshold)}</span>` : null}</span></li>`;
  })}</ul><//>`;
}

/** What looks like it: in the dataset, and among what was left out as its duplicates. */
function Alike({ found, id }) {
  const ready = useSettled(found.id, PAUSE);
  const alike = useLoad(async (signal) => {
    if (ready !== found.id) return null;
    const query = { image_id: found.id, radius: 16, most: 8 };
    const [near, group] = await Promise.all([
      asked("POST", `/datasets/${id}/similar`, { query, signal }).then((answer) => answer.data.items),
      get(`/datasets/${id}/ledger/marks`, { query: { state: "duplicate", duplicate_of: found.row.id }, signal }).then((marks) => marks.count),
    ]);
    return { near, group };
  }, [ready, found.id]);
  if (alike.error) return html`<${Part} title="Looks like it"><p class="soft">${alike.error.message}</p><//>`;
  if (!alike.data) return null;
  const { near, group } = alike.data;
  return html`<${Part} title="Looks like it">
    ${near.length ? html`<div class="alike">${near.map((each) => html`<a href="/datasets/${id}/images?image=${each.image_id}" key=${each.image_id} aria-label="${each.category} ${each.number}, ${each.distance} of 64 bits apart"><${Thumb} path="/images/${each.image_id}/thumbnail?size=128" alt="" /></a>`)}</div>` : html`<p class="soft">Nothing in the dataset does.</p>`}
    ${group ? html`<p><a href="/datasets/${id}/images?verdict=duplicate&group=${found.row.id}">Left out as near duplicates of it: ${group}</a></p>` : null}
  <//>`;
}

function Takedown({ found }) {
  const order = async () => {
    const text = "It goes from all versions and exports, with all copies of it, and never comes back. This cannot be undone.";
    if (!(await confirm({ title: "Take the image down?", text, yes: "Take it down", danger: true }))) return;
    try {
      await post(`/images/${found.id}/takedown`, {});
      toast("The takedown has begun. The dataset's page tells when it is done.");
    } catch (error) {
      toast(error.message);
    }
  };
  return html`<div class="row"><${Button} kind="small danger" icon="trash" onClick=${order}>Take down<//></div>`;
}
