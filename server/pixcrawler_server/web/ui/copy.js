// Text that is to be taken elsewhere.
import { html, useId, useRef } from "../lib/html.js";
import { Button } from "./parts.js";
import { toast } from "./toasts.js";

/** A text that cannot be changed, with a button that copies it. */
export function CopyField({ label, value }) {
  const id = useId();
  const input = useRef(null);
  const copy = async () => {
    input.current.select();
    try {
      await navigator.clipboard.writeText(value);
      toast("Copied");
    } catch {
      toast("The browser does not let the page copy. The text is selected: copy it with the keyboard.");
    }
  };
  return html`<div class="field"><label class="label" for=${id}>${label}</label>
    <div class="affix"><input class="input mono" id=${id} ref=${input} value=${value} readonly spellcheck="false" />
      <${Button} icon="copy" onClick=${copy}>Copy<//></div></div>`;
}
