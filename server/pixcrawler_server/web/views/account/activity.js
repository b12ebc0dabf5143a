// What you did, as the audit log has it.
import { html } from "../../lib/html.js";
import { beginOf, endOf } from "../../lib/days.js";
import { useAct, useList } from "../../lib/load.js";
import { save } from "../../lib/save.js";
import { DateRange } from "../../ui/date_range.js";
import { Button, Empty, Problem } from "../../ui/parts.js";
import { Entries } from "../entries.js";
import { AccountHead } from "./frame.js";

export default function Activity({ query }) {
  const wanted = { since: beginOf(query.since), until: endOf(query.until) };
  const list = useList("/audit", { limit: 50, ...wanted });
  const [fetchAll, act] = useAct(() => save("/audit/export", "pixcrawler-activity.jsonl", { query: wanted }));
  const nothing = html`<${Empty} icon="jobs" title="Nothing yet">What you do here is noted: sign-ins, keys, jobs, changes.<//>`;
  return html`<${AccountHead} title="Activity" about="What was done in your name. Look here if you think that somebody else uses your account.">
      <${Button} icon="download" busy=${act.busy} onClick=${fetchAll}>Save as JSON lines<//>
    <//>
    <div class="stack">
      <${DateRange} since=${query.since} until=${query.until} />
      <${Problem} error=${act.error} />
      <${Entries} list=${list} filtered=${Boolean(query.since || query.until)} nothing=${nothing} />
    </div>`;
}
