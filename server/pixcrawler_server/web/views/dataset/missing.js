// What stands where a dataset has no folder yet.
import { html } from "../../lib/html.js";
import { Card, Empty, Loaded } from "../../ui/parts.js";

export function Assembled({ from, what, children }) {
  if (from.error?.code !== "NOT_ASSEMBLED") return html`<${Loaded} from=${from} what=${what}>${children}<//>`;
  return html`<${Card}><${Empty} icon="file" title="Not written yet">This is there when a job of the dataset has ended.<//><//>`;
}
