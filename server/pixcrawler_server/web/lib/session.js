// Who is signed in. The refresh token is in a cookie that no script reads; the access token is kept for this
// tab, so that a reload need not ask for another one.
import { keep, kept } from "./kept.js";
import { moment, patient } from "./patience.js";
import { store } from "./store.js";

const KEPT = "pixcrawler.session";
const SENT = "pixcrawler.refreshing";
const ANSWERED = 3000; // milliseconds in which a token is exchanged, also for a page that was left meanwhile
const EARLY = 30_000; // milliseconds before its end at which a token is no longer used

/** `starting`; `out`: nobody is signed in; `in`; `ended`: somebody was, and has to sign in again. */
export const state = store("starting");
/** What `GET /me` told; null while nobody is signed in. */
export const me = store(null);
/** Why the page could not begin; null where it could. */
export const broken = store(null);

let access = kept("sessionStorage", KEPT);
let waiting = []; // calls that go on when somebody has signed in again
let refreshing = null;

/** A token that is good now; waits for the user to sign in again where there is none. */
export async function token() {
  if (access && access.until > Date.now()) return access.token;
  return (await refresh()) ?? signedInAgain();
}

/** Try the cookie. The token, or null where there is no session any more. */
function refresh() {
  refreshing ??= alone(exchange).finally(() => (refreshing = null));
  return refreshing;
}

/** The token was refused: forget it, so that the next call asks for another one. */
export function refused(bad) {
  if (access?.token === bad) take(null);
}

/** Take in what `/auth/login`, `/auth/one-time` or `/auth/refresh` answered. */
export async function begin(answer) {
  const before = me.get()?.id;
  take({ token: answer.access_token, until: Date.now() + answer.expires_in * 1000 - EARLY });
  const found = await whoIs(answer.access_token);
  if (!found.ok) throw new Error("The server did not tell who you are. Try again in a moment.");
  const user = await found.json();
  if (before && before !== user.id) return location.reload(); // what is shown is somebody else's
  me.set(user);
  state.set("in");
  for (const go of waiting.splice(0)) go(answer.access_token);
}

/** Find out at the start whether somebody is signed in. */
export async function start() {
  const found = access && access.until > Date.now() ? access.token : await refresh();
  if (!found) return state.set("out");
  const answer = await whoIs(found);
  if (answer.status === 401) {
    take(null);
    return state.set("out");
  }
  if (!answer.ok) throw new Error(`The server answers ${answer.status}. Try again in a moment.`);
  me.set(await answer.json());
  state.set("in");
}

/** Forget who was signed in, and show the page anew. */
export function leave() {
  take(null);
  sessionStorage.clear();
  location.assign("/");
}

function signedInAgain() {
  take(null);
  state.set("ended");
  return new Promise((go) => waiting.push(go));
}

async function exchange() {
  const known = kept("sessionStorage", KEPT);
  if (known && known.until > Date.now() && known.token !== access?.token) {
    access = known;
    return known.token;
  }
  await alreadySent();
  const answer = await patient(renewed);
  keep("localStorage", SENT, null);
  if (answer.status === 401 || answer.status === 403) return null;
  if (!answer.ok) throw new Error(`The server answers ${answer.status}. Try again in a moment.`);
  const told = await answer.json();
  take({ token: told.access_token, until: Date.now() + told.expires_in * 1000 - EARLY });
  return told.access_token;
}

/** A page that was left may have sent the token: its answer brings the next one, where it is not too late. */
async function alreadySent() {
  const left = Number(kept("localStorage", SENT)) + ANSWERED - Date.now();
  if (left > 0) await moment(Math.min(left, ANSWERED));
}

function renewed() {
  keep("localStorage", SENT, Date.now());
  return fetch("/api/v1/auth/refresh", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Requested-With": "page" },
    body: "{}",
    keepalive: true, // the token is good once: its successor must arrive although the page is left
  });
}

function whoIs(token) {
  return patient(() => fetch("/api/v1/me", { headers: { Authorization: `Bearer ${token}` } }));
}

/** One tab at a time: a refresh token that comes twice ends the session. */
function alone(work) {
  return navigator.locks ? navigator.locks.request("pixcrawler.refresh", work) : work();
}

function take(next) {
  access = next;
  keep("sessionStorage", KEPT, next);
}
