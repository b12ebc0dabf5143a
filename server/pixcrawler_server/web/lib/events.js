// Follows a stream of server-sent events, through breaks of the network, sleep and restarts of the server.
import { response } from "./api.js";

const SILENCE = 40_000; // the server says something each 15 s: after so many ms the connection is dead
const FIRST = 500;
const LONGEST = 15_000;
const HIDDEN = 10_000; // a page that nobody looks at lets go: browsers have six connections to a host

/**
 * Follow a stream. `onEvent(name, data, id)` takes each event, `onState(state)` is told `connecting`, `open`,
 * `reconnecting` and `ended`. The answer is a function that ends it.
 */
export function follow(path, { onEvent, onState = () => {}, since = null }) {
  const one = new Stream(path, onEvent, onState, since);
  one.run();
  return () => one.stop();
}

class Stream {
  constructor(path, onEvent, onState, since) {
    Object.assign(this, { path, onEvent, onState, last: since, stopped: false, failures: 0, wake: () => {} });
    this.again = () => this.resume();
    this.hide = () => this.hidden();
    window.addEventListener("online", this.again);
    document.addEventListener("visibilitychange", this.hide);
  }

  async run() {
    this.onState("connecting");
    while (!this.stopped) {
      if (document.hidden) await this.pause(Infinity);
      const done = await this.connect();
      if (this.stopped) return;
      if (done) return this.end("ended");
      this.onState("reconnecting");
      await this.pause(Math.min(LONGEST, FIRST * 2 ** this.failures) * (0.5 + Math.random() / 2));
      this.failures += 1;
    }
  }

  /** One connection, to its end; whether there is nothing more to come. */
  async connect() {
    this.abort = new AbortController();
    try {
      const headers = { Accept: "text/event-stream", ...(this.last ? { "Last-Event-ID": this.last } : {}) };
      const answer = await response("GET", this.path, { headers, signal: this.abort.signal });
      if (answer.status === 204) return true;
      this.onState("open");
      this.failures = 0;
      await this.read(answer.body.getReader());
      return false;
    } catch (error) {
      return error.status === 404 || error.status === 403;
    } finally {
      clearTimeout(this.watchdog);
    }
  }

  async read(reader) {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      this.watch();
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) this.take(block);
    }
  }

  take(block) {
    let name = "message";
    const data = [];
    for (const line of block.split(/\r?\n/)) {
      const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
      if (field === "event") name = value;
      else if (field === "data") data.push(value);
      else if (field === "id") this.last = value;
    }
    if (data.length) this.onEvent(name, JSON.parse(data.join("\n")), this.last);
  }

  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.abort.abort(), SILENCE);
  }

  pause(milliseconds) {
    return new Promise((go) => {
      this.wake = go;
      if (milliseconds !== Infinity) setTimeout(go, milliseconds);
    });
  }

  resume() {
    this.failures = 0;
    this.wake();
  }

  hidden() {
    clearTimeout(this.letGo);
    if (document.hidden) this.letGo = setTimeout(() => this.abort?.abort(), HIDDEN);
    else this.resume();
  }

  end(state) {
    this.stop();
    this.onState(state);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.letGo);
    clearTimeout(this.watchdog);
    window.removeEventListener("online", this.again);
    document.removeEventListener("visibilitychange", this.hide);
    this.abort?.abort();
    this.wake();
  }
}
