// Addresses and views: the History API, so that links can be kept and the back button works.
import { store } from "./store.js";

/** Where we are: `{path, query, hash, key}`; the key changes with each navigation. */
export const place = store(here());

/** Go to an address of the page. `replace` leaves no entry for the back button. */
export function go(to, { replace = false } = {}) {
  remember();
  history[replace ? "replaceState" : "pushState"]({ key: Math.random(), top: 0 }, "", to);
  place.set(here());
}

/** Change the query of the address and nothing else, such as for filters; empty values are left out. */
export function setQuery(changes, { replace = true } = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "" || value === false) query.delete(name);
    else query.set(name, String(value));
  }
  const search = query.toString();
  go(location.pathname + (search ? `?${search}` : ""), { replace });
}

/** The route of a path and the values of its fields: `/jobs/:id`; null where there is none. A value is of letters,
 * digits, "_" and "-", as all ids are, so that it stays one step of a path of the API. */
export function match(routes, path) {
  for (const route of routes) {
    const names = [];
    const pattern = route.path.replace(/:(\w+)/g, (_, name) => (names.push(name), "([\\w-]+)"));
    const found = new RegExp(`^${pattern}/?$`).exec(path);
    if (found) return { route, params: Object.fromEntries(names.map((name, i) => [name, found[i + 1]])) };
  }
  return null;
}

/** Let links of the page be followed without loading it anew. */
export function followLinks() {
  history.scrollRestoration = "manual";
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0 || !ours(link)) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
  window.addEventListener("popstate", () => place.set(here()));
  window.addEventListener("pagehide", remember);
}

/** How far down the user was at this entry of the history. */
export const formerTop = () => history.state?.top ?? 0;

function remember() {
  history.replaceState({ ...history.state, top: window.scrollY }, "");
}

function ours(link) {
  const elsewhere = link.target || link.hasAttribute("download") || link.origin !== location.origin;
  const jump = link.hash && link.pathname === location.pathname && link.search === location.search;
  return !elsewhere && !jump && !/^\/(docs|openapi\.json|api|health|metrics|static)(\/|$)/.test(link.pathname);
}

function here() {
  return {
    path: location.pathname,
    query: Object.fromEntries(new URLSearchParams(location.search)),
    hash: location.hash,
    key: history.state?.key ?? 0,
  };
}
