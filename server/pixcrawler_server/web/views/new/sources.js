// Where is searched, and which images are wanted there.
import { html, useState } from "../../lib/html.js";
import { valueAt } from "../../lib/job_tables.js";
import { Checkbox, NumberField, Select, TextField } from "../../ui/form.js";
import { Badge, Button, Card } from "../../ui/parts.js";
import { problemAt } from "./what.js";

const FILTERS = [
  ["license", "Licence must allow", ["any", "public-domain", "commercial", "modification", "commercial+modification"]],
  ["type", "Kind", ["photo", "illustration", "clipart", "lineart", "animated", "face", "transparent"]],
  ["size", "Size", ["small", "medium", "large", "wallpaper"]],
  ["aspect", "Shape", ["tall", "square", "wide"]],
  ["color", "Colour", ["color", "monochrome", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "black", "gray", "white", "transparent"]],
  ["safe_search", "Unfit for work", [["", "left out mostly"], ["off", "not left out"], ["strict", "left out strictly"]]],
];

export function Sources({ draft, change, choices, problems }) {
  const [all, setAll] = useState(false);
  const usual = choices.sources.filter((each) => each.default).map((each) => each.name);
  const picked = valueAt(draft.rest, "sources.engines") ?? usual;
  const pick = (source, on) => {
    const names = on ? [...picked, source.name] : picked.filter((name) => name !== source.name);
    const same = names.length === usual.length && usual.every((name) => names.includes(name));
    change("sources.engines", same ? null : names);
    if (source.terms) change(`sources.${source.name}`, on ? { accept_terms: true } : null);
  };
  const shown = choices.sources.filter((each) => all || each.default || picked.includes(each.name));
  return html`<${Card} title="Sources" about="${picked.length} of ${choices.sources.length} are asked. Licences are known where a source tells them.">
    <div class="stack">
      <div class="sources">${shown.map((each) => html`<${Source} key=${each.name} source=${each} on=${picked.includes(each.name)} pick=${pick} />`)}</div>
      ${problemAt(problems, "sources.engines") ? html`<p class="problem">${problemAt(problems, "sources.engines")}</p>` : null}
      <div class="row"><${Button} kind="small" onClick=${() => setAll(!all)}>${all ? "Show the usual ones" : `Show all ${choices.sources.length} sources`}<//></div>
      <${Filters} ...${{ draft, change, problems }} />
    </div>
  <//>`;
}

function Source({ source, on, pick }) {
  const hint = [source.summary, source.why_not || source.terms].filter(Boolean).join(". ");
  return html`<div class="source"><${Checkbox} label=${source.name} hint=${hint} checked=${on} disabled=${Boolean(source.why_not) && !on} onInput=${(value) => pick(source, value)}>
    ${source.licences ? html` <${Badge} tone="good">licences<//>` : null}${source.keyed ? html` <${Badge}>key<//>` : null}<//></div>`;
}

function Filters({ draft, change, problems }) {
  const value = (name) => valueAt(draft.rest, `sources.filters.${name}`);
  const set = (name) => (given) => change(`sources.filters.${name}`, given);
  const problem = (name) => problemAt(problems, `sources.filters.${name}`);
  const words = (text) => text.split(",").map((word) => word.trim()).filter(Boolean);
  const without = value("without") ?? [];
  return html`<details class="more" open=${Boolean(valueAt(draft.rest, "sources.filters"))}><summary>Filters</summary>
    <div class="fields">
      ${FILTERS.map(([name, label, options]) => html`<${Select} label=${label} value=${value(name) ?? ""} onInput=${set(name)} problem=${problem(name)}
        options=${Array.isArray(options[0]) ? options : [["", "any"], ...options.filter((each) => each !== "any").map((each) => [each, each]), ...(name === "license" ? [["any", "anything, if it is known"]] : [])]} />`)}
      <${NumberField} label="Least width, pixels" min="1" value=${value("min_width")} onInput=${set("min_width")} problem=${problem("min_width")} />
      <${NumberField} label="Least height, pixels" min="1" value=${value("min_height")} onInput=${set("min_height")} problem=${problem("min_height")} />
      <${TextField} label="Not older than" type="date" value=${value("since") ?? ""} onInput=${set("since")} problem=${problem("since")} />
      <${TextField} label="Not newer than" type="date" value=${value("until") ?? ""} onInput=${set("until")} problem=${problem("until")} />
      <${Words} value=${without} onInput=${(text) => set("without")(words(text).length ? words(text) : null)} problem=${problem("without")} />
    </div>
  </details>`;
}

/** Kept as it is typed, so that a comma is not taken away under the hand. */
function Words({ value, onInput, problem }) {
  const [text, setText] = useState(value.join(", "));
  const take = (given) => {
    setText(given);
    onInput(given);
  };
  return html`<${TextField} label="Words that no result may have" placeholder="toy, cartoon" value=${text} onInput=${take} problem=${problem} />`;
}
