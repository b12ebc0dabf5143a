// What is above each view of the account.
import { html } from "../../lib/html.js";
import { Head } from "../../ui/parts.js";
import { Tabs } from "../../ui/tabs.js";

const VIEWS = [
  ["Profile", "/account"],
  ["Security", "/account/security"],
  ["API keys", "/account/keys"],
  ["Usage", "/account/usage"],
  ["Projects", "/projects"],
  ["Schedules", "/account/schedules"],
  ["Activity", "/account/activity"],
  ["Your data", "/account/data"],
];

/** Takes what `Head` takes. */
export function AccountHead({ children, ...more }) {
  return html`<${Tabs} name="Account" entries=${VIEWS} /><${Head} ...${more}>${children}<//>`;
}
