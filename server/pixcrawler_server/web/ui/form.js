// Fields of forms: each has a label, may have a hint, and tells its problem to screen readers too.
import { html, useEffect, useId, useRef } from "../lib/html.js";
import { Button, Icon, Notice } from "./parts.js";

function Around({ id, label, hint, problem, optional, children }) {
  return html`<div class="field">
    <label class="label" for=${id}>${label}${optional ? html` <span class="soft">(optional)</span>` : null}</label>
    ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : null}
    ${children}
    ${problem ? html`<p class="problem" id="${id}-problem"><${Icon} name="alert" />${problem}</p>` : null}
  </div>`;
}

function told(id, hint, problem) {
  const by = [hint ? `${id}-hint` : null, problem ? `${id}-problem` : null].filter(Boolean).join(" ");
  return { id, "aria-invalid": problem ? "true" : undefined, "aria-describedby": by || undefined };
}

/** A line of text, or lines with `rows`. `onInput` is given the text. */
export function TextField({ label, hint, problem, optional, value, onInput, rows, ...more }) {
  const id = useId();
  const given = { class: "input", value, onInput: (event) => onInput(event.currentTarget.value), ...told(id, hint, problem), ...more };
  const input = rows ? html`<textarea rows=${rows} ...${given}></textarea>` : html`<input type="text" ...${given} />`;
  return html`<${Around} ...${{ id, label, hint, problem, optional }}>${input}<//>`;
}

/** A whole or decimal number; `onInput` is given it, or null for an empty field. */
export function NumberField({ onInput, value, ...more }) {
  const read = (text) => onInput(text === "" ? null : Number(text));
  return html`<${TextField} type="number" inputmode="decimal" value=${value ?? ""} onInput=${read} ...${more} />`;
}

/** One of `options`: pairs of value and name, or values. */
export function Select({ label, hint, problem, optional, value, onInput, options, ...more }) {
  const id = useId();
  const pairs = options.map((each) => (Array.isArray(each) ? each : [each, each]));
  return html`<${Around} ...${{ id, label, hint, problem, optional }}>
    <select class="input" value=${value} onChange=${(event) => onInput(event.currentTarget.value)} ...${told(id, hint, problem)} ...${more}>
      ${pairs.map(([each, name]) => html`<option value=${each} selected=${each === value}>${name}</option>`)}
    </select>
  <//>`;
}

export function Checkbox({ label, hint, checked, onInput, disabled = false, children, ...more }) {
  const id = useId();
  return html`<div class="choice ${disabled ? "disabled" : ""}">
    <input type="checkbox" id=${id} checked=${checked} disabled=${disabled} aria-describedby=${hint ? `${id}-hint` : undefined}
      onChange=${(event) => onInput(event.currentTarget.checked)} ...${more} />
    <label for=${id}>${label}${children}</label>
    ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : null}
  </div>`;
}

/** A few choices side by side; `options` as for `Select`. */
export function Segments({ label, hidden = false, value, onInput, options }) {
  const name = useId();
  const pairs = options.map((each) => (Array.isArray(each) ? each : [each, each]));
  return html`<fieldset class="field">
    <legend class=${hidden ? "hidden" : "label"}>${label}</legend>
    <div class="segments">${pairs.map(
      ([each, text]) =>
        html`<label><input type="radio" name=${name} value=${each} checked=${each === value} onChange=${() => onInput(each)} />${text}</label>`,
    )}</div>
  </fieldset>`;
}

/** A form with its error above the button; the error is focused when it comes. */
export function Form({ onSubmit, act, submit, kind = "primary", children, more }) {
  const error = useRef(null);
  useEffect(() => {
    if (act.error) error.current?.focus();
  }, [act.error]);
  const send = (event) => {
    event.preventDefault();
    onSubmit();
  };
  return html`<form class="stack" onSubmit=${send} novalidate>
    ${children}
    ${act.error ? html`<div tabindex="-1" ref=${error}><${Notice} tone="bad">${act.error.message}<//></div>` : null}
    <div class="row"><${Button} type="submit" kind=${kind} busy=${act.busy}>${submit}<//>${more}</div>
  </form>`;
}
