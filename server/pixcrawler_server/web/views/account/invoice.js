// What a month costs so far.
import { html } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { capital, decimal, money, price } from "../../lib/format.js";
import { useLoad } from "../../lib/load.js";
import { setQuery } from "../../lib/router.js";
import { TextField } from "../../ui/form.js";
import { Card, Loaded, Table } from "../../ui/parts.js";

export const KINDS = { images: "Images", requests: "Requests", compute: "Computing", storage: "Storage" };
const now = () => new Date().toISOString().slice(0, 7);

export function Invoice({ month }) {
  const asked = /^\d{4}-\d\d$/.test(month ?? "") ? month : now();
  const invoice = useLoad((signal) => get("/usage/invoice-preview", { query: { month: asked }, signal }), [asked]);
  const choose = html`<${TextField} label="Month" type="month" max=${now()} value=${asked} onInput=${(each) => setQuery({ month: each === now() ? "" : each })} />`;
  return html`<${Card} title="Invoice preview" about="By today’s plan and prices. What you are charged in the end is what the invoice says." actions=${choose}>
    <${Loaded} from=${invoice} what="Loading the invoice">${(told) => html`<${Lines} told=${told} />`}<//>
  <//>`;
}

function Lines({ told }) {
  const plan = { kind: "plan", name: `Plan “${told.plan}”`, cents: told.plan_cents };
  return html`<div class="stack"><p class="figure-value">${money(told.total_cents, told.currency)}</p>
    <${Table} name="Invoice of ${told.month}" columns=${columnsOf(told.currency)} rows=${[plan, ...told.lines]} keyOf=${(line) => line.kind} /></div>`;
}

const columnsOf = (currency) => [
  { name: "What", lead: true, cell: (line) => line.name ?? html`${KINDS[line.kind]} <span class="soft small">in ${line.unit}</span>` },
  ...["used", "included", "charged"].map((name) => ({ name: capital(name), right: true, cell: (line) => amountOf(line[name]) })),
  { name: "Price", right: true, cell: (line) => (line.price === undefined ? null : price(line.price, currency)) },
  { name: "Amount", right: true, cell: (line) => money(line.cents, currency) },
];

const amountOf = (value) => (value === undefined ? null : value > 0 && value < 0.1 ? "< 0.1" : decimal(value));
