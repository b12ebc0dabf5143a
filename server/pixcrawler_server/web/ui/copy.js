// Text that is to be taken elsewhere.
import { html, useId, useRef } from "../lib/html.js";
import { Button } from "./parts.js";
import { toast } from "./toasts.js";

/** Copy a text, and say so. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser does not let the page copy. Mark the text and copy it with the keyboard.");
  }
}

/** A text that cannot be changed, with a button that copies it. */
export function CopyField({ label, value }) {
  const id = useId();
  const input = useRef(null);
  const take = () => {
    input.current.select();
    copy(value);
  };
  return html`<div class="field"><label class="label" for=${id}>${label}</label>
    <div class="affix"><input class="input mono" id=${id} ref=${input} value=${value} readonly spellcheck="false" />
      <${Button} icon="copy" onClick=${take}>Copy<//></div></div>`;
}
