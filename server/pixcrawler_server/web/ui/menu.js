// The menu of the user: who it is, the theme, and the way out.
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { usePicture } from "../lib/pictures.js";
import { place } from "../lib/router.js";
import { leave } from "../lib/session.js";
import { useStore } from "../lib/store.js";
import { THEMES, choose, theme } from "../lib/theme.js";
import { Segments } from "./form.js";
import { Icon } from "./parts.js";
import { toast } from "./toasts.js";

export function Menu({ me }) {
  const [open, set] = useState(false);
  const ref = useRef(null);
  const at = useStore(place);
  useEffect(() => set(false), [at.path]);
  useEffect(() => {
    if (!open) return undefined;
    const close = (event) => ref.current?.contains(event.target) || set(false);
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, [open]);
  const key = (event) => {
    if (event.key !== "Escape" || !open) return;
    set(false);
    ref.current.querySelector("button").focus();
  };
  const name = me ? me.full_name || me.email : "";
  return html`<div class="menu" ref=${ref} onKeyDown=${key}>
    <button type="button" class="button quiet icon" aria-expanded=${String(open)} aria-label=${me ? `Menu of ${name}` : "Menu"}
      onClick=${() => set(!open)}>${me ? html`<${Avatar} me=${me} name=${name} />` : html`<${Icon} name="more" />`}</button>
    ${open ? html`<${List} me=${me} name=${name} />` : null}
  </div>`;
}

function List({ me, name }) {
  return html`<div class="menu-list">
    ${me ? html`<div class="menu-note"><p class="label cut">${name}</p><p class="soft small cut">${me.email}</p></div>` : null}
    <div class="menu-note"><${Segments} label="Theme" value=${useStore(theme)} onInput=${choose} options=${THEMES} /></div>
    ${me ? html`<a href="/account">Your account</a>` : null}
    <a href="/docs" target="_blank" rel="noopener">REST API</a>
    ${me ? html`<button type="button" onClick=${signOut}>Sign out</button>` : null}
  </div>`;
}

/** The picture of the user; what is behind `#` is not sent, and changes with it. */
export function Avatar({ me, name }) {
  const { address } = usePicture(me.avatar_url ? `${me.avatar_url.replace(/^.*\/api\/v1/, "")}#${me.updated_at}` : null);
  return html`<span class="avatar">${address ? html`<img src=${address} alt="" />` : [...name][0].toUpperCase()}</span>`;
}

async function signOut() {
  try {
    await post("/auth/logout");
    leave();
  } catch (error) {
    toast(error.message);
  }
}
