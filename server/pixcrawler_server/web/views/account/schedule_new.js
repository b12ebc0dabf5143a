// A new schedule: which job, and when. `?job=7` begins with the order of a job.
import { html, useEffect } from "../../lib/html.js";
import { get, post } from "../../lib/api.js";
import { DAYS, cronOf, cronWords } from "../../lib/cron.js";
import { useDraft } from "../../lib/drafts.js";
import { jobName } from "../../lib/job_live.js";
import { useAct, useLoad } from "../../lib/load.js";
import { go } from "../../lib/router.js";
import { Form, NumberField, Segments, Select, TextField, formOf } from "../../ui/form.js";
import { Button, Card, Empty, Head, Loaded } from "../../ui/parts.js";
import { toast } from "../../ui/toasts.js";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ZONES = [...new Set(["UTC", ZONE, ...(Intl.supportedValuesOf?.("timeZone") ?? [])])].sort();
const EVERY = [["hour", "Hour"], ["day", "Day"], ["week", "Week"], ["month", "Month"], ["cron", "Other"]];
const BACKFILL = [["skip", "Nothing: wait for the next time"], ["latest", "Order one job"], ["all", "Order a job for each, one after the other"]];
const BLANK = { job: "", every: "day", time: "03:00", weekday: "1", day: 1, cron: "0 3 * * *", timezone: ZONE, backfill: "skip" };

export default function NewSchedule({ query }) {
  const jobs = useLoad((signal) => get("/jobs", { query: { limit: 100 }, signal }).then((page) => page.items));
  return html`<${Head} title="New schedule" back="Schedules" backTo="/account/schedules" />
    <${Loaded} from=${jobs} what="Loading your jobs">${(found) => (found.length || query.job ? html`<${Filling} jobs=${found} given=${query.job} />` : html`<${NoJob} />`)}<//>`;
}

function NoJob() {
  const begin = html`<${Button} kind="primary" href="/new">New crawl<//>`;
  return html`<${Card}><${Empty} icon="jobs" title="Order a job first" actions=${begin}>A schedule orders again what you ordered once: the same keywords, sources and checks, into the same dataset.<//><//>`;
}

function Filling({ jobs, given }) {
  const [form, setForm, forget] = useDraft("schedule", BLANK);
  const { set, field } = formOf(form, setForm);
  useEffect(() => {
    if (given) set({ job: given });
  }, [given]);
  const chosen = form.job || String(jobs[0]?.id ?? "");
  const cron = form.every === "cron" ? form.cron.trim() : cronOf(form);
  const [send, act] = useAct(async () => {
    const job = await get(`/jobs/${encodeURIComponent(chosen)}`);
    await post("/schedules", { dataset: job.dataset, tables: job.tables, cron, timezone: form.timezone, backfill: form.backfill });
    forget();
    toast("The schedule is made");
    go("/account/schedules", { replace: true });
  });
  const fields = act.error?.fields ?? {};
  const known = jobs.map((job) => [String(job.id), `${jobName(job)} – ${job.dataset}, job ${job.id}`]);
  const options = known.some(([id]) => id === chosen) ? known : [[chosen, `Job ${chosen}`], ...known];
  return html`<div class="form-width"><${Card}><${Form} onSubmit=${send} act=${act} submit="Make the schedule">
    <${Select} label="Order again" hint="The same order as this job, into the same dataset." ...${field("job")} value=${chosen} options=${options} problem=${fields.dataset ?? fields.tables} />
    <${Segments} label="Every" ...${field("every")} options=${EVERY} />
    <${When} ...${{ form, set, field }} problem=${fields.cron} />
    <${TextField} label="Time zone" list="zones" ...${field("timezone")} spellcheck="false" required />
    <datalist id="zones">${ZONES.map((zone) => html`<option value=${zone} />`)}</datalist>
    <${Select} label="For times that were missed while the server was away" ...${field("backfill")} options=${BACKFILL} />
    <p class="soft" role="status">${cronWords(cron)}, ${form.timezone}</p>
  <//><//></div>`;
}

function When({ form, set, field, problem }) {
  if (form.every === "cron") {
    return html`<${TextField} label="Cron expression" class="input mono" hint="Minute, hour, day of the month, month, day of the week: 30 3 * * 1" ...${field("cron")} spellcheck="false" required />`;
  }
  return html`<div class="filters">
    ${form.every === "week" ? html`<${Select} label="Day" ...${field("weekday")} options=${[1, 2, 3, 4, 5, 6, 0].map((each) => [String(each), DAYS[each]])} />` : null}
    ${form.every === "month" ? html`<${NumberField} label="Day of the month" min="1" max="31" ...${field("day")} problem=${problem} />` : null}
    ${form.every === "hour"
      ? html`<${NumberField} label="Minute" min="0" max="59" value=${Number(form.time.split(":")[1])} onInput=${(minute) => set({ time: `${form.time.split(":")[0]}:${minute ?? 0}` })} problem=${problem} />`
      : html`<${TextField} label="Time" type="time" ...${field("time")} problem=${form.every === "month" ? null : problem} required />`}
  </div>`;
}
