// What the runs of a job said; read on while it is open and the job runs.
import { html, useEffect, useRef, useState } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { useAct, useEvery } from "../../lib/load.js";
import { Card, Problem } from "../../ui/parts.js";

const MOST = 2000; // lines that are shown

export function Log({ id, running }) {
  const [open, setOpen] = useState(false);
  const [lines, setLines] = useState([]);
  const offset = useRef(0);
  const [read, act] = useAct(async () => {
    for (;;) {
      const page = await get(`/jobs/${id}/logs`, { query: { offset: offset.current } });
      if (page.next_offset === offset.current) return;
      offset.current = page.next_offset;
      setLines((before) => [...before, ...page.lines].slice(-MOST));
    }
  });
  useEffect(() => {
    if (open) read();
  }, [open, running]);
  useEvery(open && running ? 3000 : 0, read);
  return html`<${Card} title="Log"><details class="more" onToggle=${(event) => setOpen(event.currentTarget.open)}><summary>Show what the runs said</summary>
    <div><${Problem} error=${act.error} again=${read} />
      ${lines.length ? html`<pre class="toml" tabindex="0" aria-label="Log">${lines.join("\n")}</pre>` : html`<p class="soft">${act.busy ? "Reading …" : "Nothing was said yet."}</p>`}</div>
  </details><//>`;
}
