// Fields of forms: each has a label, may have a hint, and tells its problem to screen readers too. In a `Form`, a
// field with a `name` finds its problem by itself.
import { createContext, html, useContext, useEffect, useId, useRef, useState } from "../lib/html.js";
import { Button, Icon, Notice } from "./parts.js";

const Problems = createContext({});

/** `{values, set, field}`: what is filled in. A field is given `...${field("email")}`, and holds `values.email`. */
export function useForm(initial) {
  return formOf(...useState(initial));
}

/** The same of a value that is kept elsewhere. */
export function formOf(values, setAll) {
  const set = (changes) => setAll((before) => ({ ...before, ...changes }));
  const field = (name) => ({ name, value: values[name], onInput: (value) => set({ [name]: value }) });
  return { values, set, field };
}

function Around({ id, label, hint, problem, optional, children }) {
  return html`<div class="field">
    <label class="label" for=${id}>${label}${optional ? html` <span class="soft">(optional)</span>` : null}</label>
    ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : null}
    ${children}
    ${problem ? html`<p class="problem" id="${id}-problem"><${Icon} name="alert" />${problem}</p>` : null}
  </div>`;
}

function described(id, hint, problem) {
  const by = [hint ? `${id}-hint` : null, problem ? `${id}-problem` : null].filter(Boolean).join(" ");
  return { id, "aria-invalid": problem ? "true" : undefined, "aria-describedby": by || undefined };
}

/** A line of text, or lines with `rows`. `onInput` is given the text. */
export function TextField({ label, hint, problem: given, optional, value, onInput, rows, ...more }) {
  const id = useId();
  const problem = useContext(Problems)[more.name] ?? given;
  const told = { class: "input", value, onInput: (event) => onInput(event.currentTarget.value), ...described(id, hint, problem), ...more };
  const input = rows ? html`<textarea rows=${rows} ...${told}></textarea>` : html`<input type="text" ...${told} />`;
  return html`<${Around} ...${{ id, label, hint, problem, optional }}>${input}<//>`;
}

/** A whole or decimal number; `onInput` is given it, or null for an empty field. */
export function NumberField({ onInput, value, ...more }) {
  const read = (text) => onInput(text === "" ? null : Number(text));
  return html`<${TextField} type="number" inputmode="decimal" value=${value ?? ""} onInput=${read} ...${more} />`;
}

/** One of `options`: pairs of value and name, or values. */
export function Select({ label, hint, problem: given, optional, value, onInput, options, ...more }) {
  const id = useId();
  const problem = useContext(Problems)[more.name] ?? given;
  const pairs = options.map((each) => (Array.isArray(each) ? each : [each, each]));
  return html`<${Around} ...${{ id, label, hint, problem, optional }}>
    <select class="input" value=${value} onChange=${(event) => onInput(event.currentTarget.value)} ...${described(id, hint, problem)} ...${more}>
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

/** A form with its error above the button; the error is focused when it comes. `onLeave` is for those of dialogs. */
export function Form({ onSubmit, act, submit, kind = "primary", children, more, onLeave }) {
  const error = useRef(null);
  useEffect(() => {
    if (act.error) error.current?.focus();
  }, [act.error]);
  const send = (event) => {
    event.preventDefault();
    onSubmit();
  };
  return html`<form class="stack" onSubmit=${send} novalidate>
    <${Problems.Provider} value=${act.error?.fields ?? {}}>${children}<//>
    ${act.error ? html`<div tabindex="-1" ref=${error}><${Notice} tone="bad">${act.error.message}<//></div>` : null}
    <div class="row"><${Button} type="submit" kind=${kind} busy=${act.busy}>${submit}<//>${more}${onLeave ? html`<${Button} kind="quiet" onClick=${onLeave}>Leave it<//>` : null}</div>
  </form>`;
}
