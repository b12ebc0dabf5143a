// Around all views: navigation, the view of the address, dialogs and toasts.
import { Component, html, useEffect, useRef, useState } from "./lib/html.js";
import { formerTop, match, place } from "./lib/router.js";
import * as session from "./lib/session.js";
import { useStore } from "./lib/store.js";
import { titled } from "./lib/title.js";
import { NAV, ROUTES } from "./routes.js";
import { Confirming, Dialog } from "./ui/dialog.js";
import { Mark } from "./ui/icon.js";
import { Menu } from "./ui/menu.js";
import { Button, Empty, Icon, Loading, Notice, Problem } from "./ui/parts.js";
import { Toasts } from "./ui/toasts.js";
import { SignInForm } from "./views/sign_in.js";

/** All that there is for who asked to be erased. */
const ERASING = { title: "To be erased", view: "account/erasure" };

export function Shell() {
  const state = useStore(session.state);
  const { path } = useStore(place);
  const found = match(ROUTES, path);
  const open = found?.route.open;
  const inside = state === "in" || state === "ended";
  return html`
    <a class="skip" href="#main">Skip to content</a>
    <${Top} found=${found} inside=${inside} />
    ${inside && !open ? html`<${Standing} />` : null}
    <main id="main" class=${open || state === "out" ? "narrow" : found?.route.wide ? "wide" : ""}>
      <${Inside} state=${state} found=${found} />
    </main>
    ${state === "ended" ? html`<${Again} />` : null}
    <${Confirming} /><${Toasts} />`;
}

function Inside({ state, found }) {
  const broken = useStore(session.broken);
  const me = useStore(session.me);
  if (broken) return html`<${Problem} error=${broken} again=${() => location.reload()} />`;
  if (found?.route.open) return html`<${View} found=${found} />`;
  if (state === "starting") return html`<${Loading} />`;
  if (state === "out") return html`<${SignInForm} />`;
  if (me?.status === "erasing") return html`<${View} found=${{ route: ERASING, params: {} }} />`;
  if (found) return html`<${View} found=${found} />`;
  const home = html`<${Button} href="/" kind="primary">To the jobs<//>`;
  return html`<${Empty} heading="Not found" icon="search" title="There is nothing here" actions=${home}>
    The address may be mistyped, or what was here is gone.<//>`;
}

function Top({ found, inside }) {
  const me = useStore(session.me);
  const entries = NAV.filter((each) => !each.admin || me?.role === "ADMIN");
  const shown = found && (found.route.nav ?? found.route.path.split("/")[1]);
  const current = (name) => (shown === name ? "page" : undefined);
  return html`<header class="top"><div class="top-in">
    <a class="brand" href="/"><${Mark} />PixCrawler</a>
    ${inside
      ? html`<nav class="nav" aria-label="Main">${entries.map(
          (each) => html`<a href=${each.href} aria-current=${current(each.name)}><${Icon} name=${each.icon} />${each.title}</a>`,
        )}</nav>`
      : html`<span class="nav"></span>`}
    <div class="top-end"><${Menu} me=${inside ? me : null} /></div>
  </div></header>`;
}

/** What whoever is signed in has to know before anything else. */
function Standing() {
  const me = useStore(session.me);
  if (me.verified) return null;
  return html`<div class="standing"><${Notice} tone="warn">Your e-mail address is not verified yet. Open the link that was sent to ${me.email}; until then you can look around, but begin nothing.<//></div>`;
}

/** Who signs in again goes on where they were: nothing below is drawn anew. */
function Again() {
  return html`<${Dialog} title="Sign in again">
    <p class="soft">Your session has ended. What you were doing is still here.</p>
    <${SignInForm} again />
  <//>`;
}

function View({ found }) {
  const at = useStore(place);
  const [shown, set] = useState(null);
  const { route } = found;
  useEffect(() => {
    let here = true;
    titled(route.title);
    import(`./views/${route.view}.js`).then(
      (module) => here && set({ route, draw: module.default }),
      () => here && set({ route, failed: true }),
    );
    return () => (here = false);
  }, [route]);
  const ready = shown?.route === route;
  useArrival(ready, at.path);
  if (!ready) return html`<${Loading} />`;
  if (shown.failed) return html`<${Outdated} />`;
  return html`<${Fence} key=${at.path}><${shown.draw} params=${found.params} query=${at.query} hash=${at.hash} /><//>`;
}

/** At a change of view the focus is on its heading, as soon as that is there, and the page where it was. */
function useArrival(ready, path) {
  const first = useRef(true);
  useEffect(() => {
    if (!ready) return undefined;
    const began = first.current;
    first.current = false;
    return whenHeaded((heading) => {
      window.scrollTo(0, formerTop());
      const moved = document.activeElement && document.activeElement !== document.body && document.activeElement.closest("main");
      if (!began && !moved) heading.focus({ preventScroll: true });
    });
  }, [ready, path]);
}

/** Call `then` with the heading of the view, which may come with what it loads; returns what ends waiting. */
function whenHeaded(then) {
  const main = document.getElementById("main");
  const observer = new MutationObserver(look);
  observer.observe(main, { childList: true, subtree: true });
  function look() {
    const heading = main.querySelector("h1");
    if (!heading) return;
    observer.disconnect();
    then(heading);
  }
  look();
  return () => observer.disconnect();
}

function Outdated() {
  const again = html`<${Button} kind="primary" onClick=${() => location.reload()}>Load the page anew<//>`;
  return html`<${Empty} heading="Not loaded" icon="alert" title="This view could not be loaded" actions=${again}>
    The server has a newer page, or cannot be reached. What you filled in is kept.<//>`;
}

/** A fault in a view leaves the rest of the page alone. */
class Fence extends Component {
  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }

  render({ children }, { error }) {
    return error ? html`<${Outdated} />` : children;
  }
}
