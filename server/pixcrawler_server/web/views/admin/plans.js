// What users may have, and what it costs.
import { html } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { bytes, count, money, number, price } from "../../lib/format.js";
import { useLoad } from "../../lib/load.js";
import { Badge, Card, Facts, Loaded } from "../../ui/parts.js";
import { AdminHead, forAdmins } from "./frame.js";

const LIMITS = [
  ["projects", "Projects", number],
  ["datasets", "Datasets", number],
  ["jobs_per_day", "Jobs in 24 hours", number],
  ["concurrent_jobs", "Jobs at once", number],
  ["images_per_job", "Images of a job", number],
  ["storage_bytes", "Storage", bytes],
];
const INCLUDED = [
  ["images", (value) => count(value, "image")],
  ["requests", (value) => count(value, "request")],
  ["compute_hours", (value) => count(value, "hour of computing", "hours of computing")],
  ["gb_hours", (value) => `${number(value)} GB h of storage`],
];
const PRICES = [
  ["thousand_images", "1000 accepted images"],
  ["gigabyte_hour", "A gigabyte kept for an hour"],
  ["thousand_requests", "1000 requests"],
  ["compute_hour", "An hour of computing"],
];

export default forAdmins(function Plans() {
  const found = useLoad((signal) => get("/plans", { signal }));
  return html`<${AdminHead} title="Plans" about="They are set in server.toml, in the tables [plans.NAME] and [billing]. Give a user a plan on the user’s page." />
    <${Loaded} from=${found} what="Loading the plans">${({ plans, prices, currency }) => html`<div class="stack-l">
      <div class="grid">${plans.map((plan) => html`<${Plan} key=${plan.name} plan=${plan} currency=${currency} />`)}</div>
      <div class="form-width"><${Card} title="Beyond what is included"><${Facts} rows=${PRICES.map(([name, title]) => [title, html`<span class="nowrap">${prices[name] ? price(prices[name], currency) : "free"}</span>`])} /><//></div>
    </div>`}<//>`;
});

function Plan({ plan, currency }) {
  const included = INCLUDED.filter(([name]) => plan.included[name]).map(([name, text]) => text(plan.included[name]));
  return html`<${Card} title=${plan.name} actions=${plan.default ? html`<${Badge} tone="good">for new users<//>` : null}><div class="stack">
    <p class="figure-value">${plan.price_cents ? html`${money(plan.price_cents, currency)} <span class="soft small">a month</span>` : "No monthly price"}</p>
    <${Facts} rows=${LIMITS.map(([name, title, format]) => [title, format(plan.limits[name])])} />
    ${included.length ? html`<p class="soft small">Included each month: ${included.join(", ")}</p>` : null}
  </div><//>`;
}
