// Short messages that go by themselves, and are read out.
import { html } from "../lib/html.js";
import { store, useStore } from "../lib/store.js";

const LASTS = 6000;
const shown = store([]);
let numbers = 0;

/** Say something; `action` is `{name, run}`, such as to undo. */
export function toast(text, { action, lasts = action ? 10_000 : LASTS } = {}) {
  const id = (numbers += 1);
  const gone = () => shown.set(shown.get().filter((each) => each.id !== id));
  shown.set([...shown.get().slice(-2), { id, text, action, gone }]);
  setTimeout(gone, lasts);
}

/** Drawn once, by the page. */
export function Toasts() {
  const act = (each) => {
    each.gone();
    each.action.run();
  };
  return html`<div class="toasts" role="status" aria-live="polite">${useStore(shown).map(
    (each) => html`<div class="toast" key=${each.id}><span>${each.text}</span>
      ${each.action ? html`<button type="button" class="link" onClick=${() => act(each)}>${each.action.name}</button>` : null}</div>`,
  )}</div>`;
}
