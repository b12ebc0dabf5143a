// Begins the page.
import { html, render } from "./lib/html.js";
import { followLinks } from "./lib/router.js";
import * as session from "./lib/session.js";
import { Shell } from "./shell.js";

followLinks();
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${Shell} />`, root);
session.start().catch((error) => session.broken.set(error));
