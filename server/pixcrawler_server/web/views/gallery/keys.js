// The keys of a gallery, and the dialogs that some of them open.
import { html, useState } from "../../lib/html.js";
import { Dialog } from "../../ui/dialog.js";
import { Form, Select, TextField } from "../../ui/form.js";

const SHOWN = [
  ["Arrow keys", "Go to another image"],
  ["Home, End, Page up, Page down", "Go to the first or last one, or a screen on"],
  ["Enter", "Show the image, and all that is known of it"],
  ["Space, or Ctrl and click", "Choose it, beside others"],
  ["Shift and arrow keys, or Shift and click", "Choose all up to it"],
  ["a", "Accept: it belongs to the dataset, whatever checks say"],
  ["r", "Reject it, and all copies of it"],
  ["m", "Move it to another category"],
  ["l", "Set or take away a label"],
  ["z", "Undo the last decision"],
  ["Escape", "Close the image, or choose none"],
  ["?", "Show these keys"],
];
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** How far a key goes; null for one that goes nowhere. */
export function stepOf(key, { columns, screen, current, last }) {
  if (key in STEPS) return STEPS[key];
  if (key === "ArrowUp") return -columns;
  if (key === "ArrowDown") return columns;
  if (key === "PageUp") return -columns * screen;
  if (key === "PageDown") return columns * screen;
  if (key === "Home") return -current;
  if (key === "End") return last - current;
  return null;
}

export function Keys({ onClose }) {
  return html`<${Dialog} title="Keys" onClose=${onClose}>
    <dl class="facts keys">${SHOWN.map(([keys, what]) => html`<dt><kbd>${keys}</kbd></dt><dd>${what}</dd>`)}</dl>
  <//>`;
}

/** Where images go: a category that is there. */
export function Move({ facets, count, onDone, onClose }) {
  const names = (facets?.categories ?? []).map((each) => each.name);
  const [chosen, set] = useState(null);
  const category = chosen ?? names[0] ?? "";
  const act = { busy: !facets, error: names.length || !facets ? null : new Error("The dataset has no category yet.") };
  return html`<${Dialog} title=${`Move ${count}`} onClose=${onClose}>
    <${Form} submit="Move" act=${act} onSubmit=${() => category && onDone({ decision: "move", category })}>
      <${Select} label="Category" value=${category} options=${names} onInput=${set} autofocus />
    <//>
  <//>`;
}

export function Label({ facets, count, onDone, onClose }) {
  const known = facets?.labels ?? [];
  const labelers = [...new Set(known.map((each) => each.labeler).filter(Boolean))];
  const [chosen, set] = useState({});
  const told = { labeler: labelers[0] ?? "", label: known[0]?.name ?? "", holds: "yes", ...chosen };
  const put = (name) => (value) => set({ ...chosen, [name]: value });
  const act = { busy: !facets, error: labelers.length || !facets ? null : new Error("The job of the dataset has no labeler, so there are no labels to decide on. Add one to the job under [labels].") };
  return html`<${Dialog} title=${`Label ${count}`} onClose=${onClose}>
    <${Form} submit="Keep" act=${act} onSubmit=${() => told.labeler && told.label && onDone({ decision: "label", ...told })}>
      ${labelers.length > 1 ? html`<${Select} label="Labeler" value=${told.labeler} options=${labelers} onInput=${put("labeler")} />` : null}
      <${TextField} label="Label" value=${told.label} onInput=${put("label")} autofocus />
      <${Select} label="The image" value=${told.holds} options=${[["yes", "has it"], ["no", "does not have it"], ["open", "has it if the labeler says so"]]} onInput=${put("holds")} />
    <//>
  <//>`;
}
