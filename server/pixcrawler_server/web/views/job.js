// One job, live: how far it is, what it finds, and what can be done about it.
import { html, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { bytes, capital, count, decimal, duration, number, words } from "../lib/format.js";
import { isEnded, isList, jobName, useJob } from "../lib/job_live.js";
import { useAct } from "../lib/load.js";
import { useTitle } from "../lib/title.js";
import { confirm } from "../ui/dialog.js";
import { Badge, Bar, Button, Card, Facts, Figure, Head, Loading, Missing, Notice, Problem, Time } from "../ui/parts.js";
import { Engines, Funnel, Reasons } from "./job/figures.js";
import { Log } from "./job/log.js";
import { Latest } from "./job/latest.js";

const ACTS = {
  draft: ["retry", "cancel"],
  queued: ["pause", "cancel"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  completed_short: ["retry"],
  failed: ["retry"],
  cancelled: ["retry"],
};
const FEW = 12; // categories that are shown at first
const LOOKS = {
  pause: { icon: "pause", text: "Pause" },
  resume: { icon: "play", text: "Resume", kind: "primary" },
  retry: { icon: "retry", text: "Try again", kind: "primary" },
  cancel: { icon: "stop", text: "Cancel", kind: "danger" },
};

export default function Job({ params }) {
  const [round, again] = useState(0);
  const found = useJob(params.id, round);
  const { job, live } = found;
  useTitle(job ? `${nameOf(job)}: ${words(job.status)}` : null);
  if (found.error?.status === 404 && !job) return html`<${Missing} thing="job" to="/jobs" name="jobs">It may have been removed with its dataset, or it is somebody else's.<//>`;
  const head = html`<${Head} title="Job ${params.id}" back="Jobs" backTo="/jobs" />`;
  if (found.error && !job) return html`${head}<${Problem} error=${found.error} again=${found.reload} />`;
  if (!job || !live) return html`${head}<${Loading} what="Loading the job" />`;
  return html`<${Head} title=${nameOf(job)} back="Jobs" backTo="/jobs">
      <${Acts} job=${job} begun=${() => again(round + 1)} reload=${found.reload} />
    <//>
    <div class="stack">
      <${State} job=${job} connection=${found.connection} />
      <${Problem} error=${found.error} again=${found.reload} />
      <${Progress} job=${job} live=${live} />
      <div class="halves">
        <${Latest} kind="accepted" title="Accepted last" items=${live.latest?.accepted} empty="Pictures appear here as they are accepted." />
        <${Latest} kind="rejected" title="Left out last" items=${live.latest?.rejected} empty="Pictures that checks reject, and duplicates, appear here." />
      </div>
      <div class="halves"><${Funnel} live=${live} /><${Reasons} reasons=${live.reasons} /></div>
      <div class="halves"><${Categories} live=${live} />${isList(job) ? null : html`<${Engines} engines=${live.engines} />`}</div>
      <${Order} job=${job} />
      <${Log} id=${job.id} running=${!isEnded(job.status)} />
    </div>`;
}

const nameOf = (job) => job.tables?.job?.name ?? jobName(job);

function Acts({ job, begun, reload }) {
  const [run, act] = useAct(async (name) => {
    if (name === "cancel" && !(await confirm(CANCEL))) return;
    await post(`/jobs/${job.id}/${name}`);
    if (name === "retry") begun();
    else await reload();
  });
  const names = ACTS[job.status] ?? [];
  const text = (name) => (name === "retry" && job.status === "draft" ? "Start the crawl" : LOOKS[name].text);
  return html`${names.map(
      (name) => html`<${Button} kind=${LOOKS[name].kind ?? ""} icon=${LOOKS[name].icon} busy=${act.busy} onClick=${() => run(name)}>${text(name)}<//>`,
    )}
    ${isEnded(job.status) ? html`<${Button} href="/datasets/${job.dataset}" kind=${names.length ? "" : "primary"} icon="datasets">Open the dataset<//>` : null}
    ${act.error ? html`<${Notice} tone="bad">${act.error.message}<//>` : null}`;
}

const CANCEL = {
  title: "Cancel the job?",
  text: "It stops within seconds. What it accepted stays, and you can let it go on later.",
  yes: "Cancel the job",
  no: "Let it run",
  danger: true,
};

function State({ job, connection }) {
  const lost = connection === "reconnecting" && !isEnded(job.status);
  const short = job.status === "completed_short";
  const why = job.error || (short ? "the sources have no more that fits" : "");
  const more = short ? html`<${Button} kind="small" icon="plus" href="/new?dataset=${encodeURIComponent(job.dataset)}">Crawl more<//>` : null;
  return html`<div class="row" role="status"><${Badge} state=${job.status} />
      ${lost ? html`<span class="badge warn">reconnecting …</span>` : null}
      <span class="soft"><${Since} job=${job} /></span></div>
    ${why ? html`<${Notice} tone=${job.status === "failed" ? "bad" : "warn"} actions=${more}>${capital(why)}<//>` : null}`;
}

function Since({ job }) {
  if (job.status === "queued") return html`waits for a worker, ordered <${Time} at=${job.queued_at} />`;
  if (job.completed_at && isEnded(job.status)) return html`ended <${Time} at=${job.completed_at} />`;
  if (job.started_at && !isEnded(job.status)) return html`began <${Time} at=${job.started_at} />`;
  return html`made <${Time} at=${job.created_at} />`;
}

function Progress({ job, live }) {
  const rate = live.per_second ?? {};
  const running = job.status === "running";
  const told = live.wanted !== null || job.progress;
  return html`<${Card}>
    <div class="stack">
      <div class="row apart"><p class="figure-value">${number(live.accepted ?? 0)} <small class="soft">${live.wanted ? `of ${number(live.wanted)} ` : ""}images</small></p>
        ${told ? html`<p class="soft number">${decimal(job.progress)} %</p>` : null}</div>
      ${told ? html`<${Bar} value=${job.progress} name="Progress" />` : null}
      <div class="grid-s">
        <${Figure} name="Accepted">${decimal(rate.accepted ?? 0)}<small class="soft"> a second</small><//>
        <${Figure} name="Time left">${running && live.eta_seconds !== null ? duration(live.eta_seconds) : "–"}<//>
        <${Figure} name="Found">${number(live.stages?.found ?? 0)}<//>
        <${Figure} name="Fetched">${number(live.stages?.fetched ?? 0)}<//>
        <${Figure} name="Downloaded">${bytes(live.bytes ?? 0)}<//>
      </div>
      ${(live.errors ?? []).map((each) => html`<${Notice} tone="warn">${each}<//>`)}
    </div>
  <//>`;
}

function Categories({ live }) {
  const [all, set] = useState(false);
  const found = Object.entries(live.categories ?? {});
  const rows = all ? found : found.slice(0, FEW);
  return html`<${Card} title="Categories">${rows.length
    ? html`<ul class="stack">${rows.map(
        ([name, goal]) => html`<li key=${name}><div class="row apart"><span class="cut">${name}</span><span class="soft number">${number(goal.accepted)}${goal.wanted ? ` of ${number(goal.wanted)}` : ""}</span></div>
          <${Bar} thin value=${goal.accepted} most=${goal.wanted ?? goal.accepted} name="Progress of ${name}" /></li>`,
      )}${found.length > rows.length ? html`<li><${Button} kind="small" onClick=${() => set(true)}>Show all ${number(found.length)}<//></li>` : null}</ul>`
    : html`<p class="soft">They are told when the job runs.</p>`}<//>`;
}

function Order({ job }) {
  return html`<${Card} title="What was ordered"><${Facts} rows=${[
    ["Dataset", html`<a href="/datasets/${job.dataset}">${job.dataset}</a>`],
    ["Keywords", isList(job) ? null : job.keywords.join(", ")],
    ["Images", job.max_images ? `${count(job.max_images, "image")} in each category` : null],
    ["Sources", isList(job) ? "A list of addresses" : job.engines.join(", ")],
    ["Checks", job.tables?.job?.validation ?? "fast"],
    ["Exports", (job.tables?.export?.formats ?? []).join(", ")],
    ["Runs", number(job.attempts)],
  ]} /><//>`;
}
