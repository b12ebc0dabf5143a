// What a month costs so far.
import { html } from "../../lib/html.js";
import { get } from "../../lib/api.js";
import { decimal, money, price } from "../../lib/format.js";
import { useLoad } from "../../lib/load.js";
import { setQuery } from "../../lib/router.js";
import { TextField } from "../../ui/form.js";
import { Card, Loaded } from "../../ui/parts.js";

const NAMES = { images: "Images", requests: "Requests", compute: "Computing", storage: "Storage" };
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
  const amount = (cents) => money(cents, told.currency);
  return html`<div class="scroll"><table class="table folds">
    <caption class="hidden">Invoice of ${told.month}</caption>
    <thead><tr><th scope="col">What</th><th scope="col" class="right">Used</th><th scope="col" class="right">Included</th><th scope="col" class="right">Charged</th><th scope="col" class="right">Price</th><th scope="col" class="right">Amount</th></tr></thead>
    <tbody>
      <tr><td class="lead">Plan “${told.plan}”</td><td class="bare"></td><td class="bare"></td><td class="bare"></td><td class="bare"></td><td class="right" data-name="Amount">${amount(told.plan_cents)}</td></tr>
      ${told.lines.map((line) => html`<tr key=${line.kind}>
        <td class="lead">${NAMES[line.kind]} <span class="soft small">in ${line.unit}</span></td>
        <td class="right" data-name="Used">${amountOf(line.used)}</td>
        <td class="right" data-name="Included">${amountOf(line.included)}</td>
        <td class="right" data-name="Charged">${amountOf(line.charged)}</td>
        <td class="right" data-name="Price">${price(line.price, told.currency)}</td>
        <td class="right" data-name="Amount">${amount(line.cents)}</td></tr>`)}
    </tbody>
    <tfoot><tr><th scope="row" class="lead">Total</th><td class="bare" colspan="4"></td><td class="right total" data-name="Amount">${amount(told.total_cents)}</td></tr></tfoot>
  </table></div>`;
}

const amountOf = (value) => (value > 0 && value < 0.1 ? "< 0.1" : decimal(value));
