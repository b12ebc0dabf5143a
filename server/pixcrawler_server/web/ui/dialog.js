// Dialogs of the browser's own kind: they hold the focus, and Escape closes them.
import { html, useEffect, useId, useRef } from "../lib/html.js";
import { store, useStore } from "../lib/store.js";
import { Button } from "./parts.js";

/** Shown as long as it is drawn. Without `onClose` it cannot be closed. */
export function Dialog({ title, onClose, wide = false, children }) {
  const ref = useRef(null);
  const id = useId();
  useEffect(() => {
    const [before, dialog] = [document.activeElement, ref.current];
    dialog.showModal();
    return () => {
      dialog.close(); // until then nothing behind it takes the focus
      before?.focus?.();
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose?.();
  };
  const outside = (event) => event.target === ref.current && onClose?.();
  return html`<dialog class="dialog ${wide ? "wide" : ""}" ref=${ref} aria-labelledby=${id} onCancel=${cancel} onMouseDown=${outside}>
    <div class="dialog-in">
      <div class="row apart"><h2 id=${id}>${title}</h2>${onClose ? html`<${Button} kind="quiet icon small" icon="close" label="Close" onClick=${onClose} />` : null}</div>
      ${children}
    </div>
  </dialog>`;
}

const asking = store(null);

/** Ask whether to go on: `await confirm({title, text, yes, danger})`. */
export function confirm(about) {
  return new Promise((answer) => asking.set({ ...about, answer }));
}

/** Drawn once, by the page. */
export function Confirming() {
  const about = useStore(asking);
  if (!about) return null;
  const answer = (given) => {
    asking.set(null);
    about.answer(given);
  };
  return html`<${Dialog} title=${about.title} onClose=${() => answer(false)}>
    <p>${about.text}</p>
    <div class="dialog-foot">
      <${Button} onClick=${() => answer(false)}>${about.no ?? "Leave it"}<//>
      <${Button} kind="primary ${about.danger ? "danger" : ""}" onClick=${() => answer(true)}>${about.yes}<//>
    </div>
  <//>`;
}
