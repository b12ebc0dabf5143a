// Decisions on images: shown at once, sent a few at a time, kept while the server cannot be reached, and undone
// where it refuses them.
import { newKey, post } from "./api.js";
import { count } from "./format.js";
import { moment } from "./patience.js";
import { store } from "./store.js";
import { toast } from "../ui/toasts.js";

const WAIT = 250; // ms for which decisions are gathered
const MOST = 1000; // decisions of a request
const ROUNDS = 4; // times that a busy dataset is asked again, by itself
const RETRY = 3000; // ms until a server that could not be reached is asked again

export class Decisions {
  constructor(dataset) {
    this.dataset = dataset;
    /** By digest, what was decided here: `{decision, category, waiting}`. */
    this.made = store(new Map());
    /** How many wait to be sent, or for an answer; null before the first one. */
    this.waiting = store(null);
    /** Whether the server could not be reached with the decisions that wait. */
    this.cut = store(false);
    /** Called with the new ids of images that come back, by digest. */
    this.added = () => {};
    this.done = []; // acts that can be undone, the last one at the end
    this.next = []; // acts that are not sent yet
    this.sending = Promise.resolve();
  }

  /** Decide on items: `act` is `{decision, category, labeler, label, holds}`. */
  decide(items, act) {
    const digests = [...new Set(items.map((each) => each.sha256).filter(Boolean))].slice(0, MOST);
    if (!digests.length) return toast("There are no bytes to decide on.");
    const before = new Map(digests.map((digest) => [digest, this.made.get().get(digest)]));
    const decisions = digests.map((sha256) => ({ sha256, ...act }));
    this.show(new Map(digests.map((digest) => [digest, { ...act, waiting: true }])));
    this.add({ decisions, before, undo: [] });
    return undefined;
  }

  /** Take the last act back. */
  async undo() {
    const last = this.done.pop();
    if (!last) return toast("There is nothing to undo.");
    await last.sent;
    if (last.failed) return this.undo();
    if (!last.undo.length) return toast("That changed nothing in the dataset, so there is nothing to undo.");
    this.show(last.before);
    this.add({ decisions: last.undo, before: new Map(), undo: [], silent: true });
    toast(`${count(last.undo.length, "decision")} undone.`);
    return undefined;
  }

  add(act) {
    act.sent = new Promise((done) => (act.arrived = done));
    this.next.push(act);
    if (!act.silent) this.done.push(act);
    this.waiting.set(this.waiting.get() + act.decisions.length);
    if (this.next.length === 1) this.sending = Promise.all([this.sending, moment(WAIT)]).then(() => this.send());
  }

  async send() {
    const acts = this.next.splice(0);
    for (const act of acts) {
      await this.sendOne(act);
      act.arrived();
      this.waiting.set(this.waiting.get() - act.decisions.length);
    }
  }

  async sendOne(act) {
    try {
      const told = await this.arrive(act.decisions);
      act.undo = told.undo;
      this.added(told.added);
      this.settle(act);
    } catch (error) {
      act.failed = true;
      this.show(act.before);
      toast(`Not kept: ${error.message}`, { action: { name: "Try again", run: () => this.again(act) } });
    }
  }

  /** Send decisions until they have arrived. They are under one key, so that they count once. */
  async arrive(decisions) {
    const key = newKey();
    for (;;) {
      try {
        const told = await patiently(() => post(`/datasets/${this.dataset}/review`, { decisions }, { key }));
        this.cut.set(false);
        return told;
      } catch (error) {
        const atWork = error.status === 409 && error.after; // what was sent before the network broke
        if (!error.offline && !atWork) {
          this.cut.set(false);
          throw error;
        }
      }
      this.cut.set(true);
      await reachable();
    }
  }

  again(act) {
    this.show(new Map(act.decisions.map(({ sha256, ...rest }) => [sha256, { ...rest, waiting: true }])));
    this.add({ ...act, failed: false });
  }

  settle(act) {
    const next = new Map(this.made.get());
    for (const { sha256 } of act.decisions) if (next.has(sha256)) next.set(sha256, { ...next.get(sha256), waiting: false });
    this.made.set(next);
  }

  show(changes) {
    const next = new Map(this.made.get());
    for (const [digest, what] of changes) {
      if (what) next.set(digest, what);
      else next.delete(digest);
    }
    this.made.set(next);
  }
}

/** While the dataset is being written, decisions wait. */
export async function patiently(work) {
  for (let round = 0; ; round += 1) {
    try {
      return await work();
    } catch (error) {
      if (error.status !== 503 || round === ROUNDS) throw error;
    }
  }
}

/** When the browser says so, or after a while. */
function reachable() {
  const online = new Promise((go) => window.addEventListener("online", go, { once: true }));
  return Promise.race([online, moment(RETRY)]);
}
