// A list of the API of any length, of which only those pages are fetched that are looked at.
import { get } from "./api.js";

const KEPT = 40; // pages in memory

/** `changed()` is called whenever `count`, `error` or what `at` gives is another one. */
export class LongList {
  constructor(path, marks, query, changed) {
    Object.assign(this, { path, marks, query, changed, count: null, error: null, every: 100, names: 0 });
    this.cursors = [];
    this.pages = new Map(); // number -> items; used last at its end
    this.running = new Map(); // number -> AbortController
    this.whole = new AbortController();
    this.known = this.mark();
    this.fetch(0); // the first page needs no mark
  }

  async mark() {
    try {
      const told = await get(this.marks, { query: this.query, signal: this.whole.signal });
      Object.assign(this, { count: told.count, every: told.every, cursors: told.cursors });
      this.changed();
    } catch (error) {
      this.failed(error);
    }
  }

  /** The item of a place; undefined until it is there. */
  at(place) {
    return this.pages.get(Math.floor(place / this.every))?.[place % this.every];
  }

  /** The place of the item that fits, of those in memory; -1 for none. */
  find(fits) {
    for (const [number, items] of this.pages) {
      const place = items.findIndex(fits);
      if (place >= 0) return number * this.every + place;
    }
    return -1;
  }

  /** Give items other ids, by digest. */
  rename(ids) {
    for (const items of this.pages.values()) {
      items.forEach((each, place) => each.sha256 in ids && (items[place] = { ...each, id: ids[each.sha256] }));
    }
    this.names += 1; // a new id may be one that was there before
    this.changed();
  }

  /** Have these places fetched, and no others. */
  want(from, to) {
    const [first, last] = [Math.floor(from / this.every), Math.floor(Math.max(from, to - 1) / this.every)];
    for (const [number, abort] of this.running) if (number < first || number > last) abort.abort();
    for (let number = first; number <= last; number += 1) this.fetch(number);
  }

  async fetch(number) {
    if (this.pages.has(number)) return this.keep(number, this.pages.get(number));
    if (this.running.has(number) || (number && number > this.cursors.length)) return;
    const abort = new AbortController();
    this.running.set(number, abort);
    try {
      this.keep(number, await this.page(number ? this.cursors[number - 1] : null, abort.signal));
      this.error = null;
      this.changed();
    } catch (error) {
      this.failed(error);
    } finally {
      if (this.running.get(number) === abort) this.running.delete(number);
    }
  }

  /** As many items as a page has, though filters leave less of what is read at once. */
  async page(cursor, signal) {
    const items = [];
    do {
      const query = { ...this.query, limit: this.every - items.length, ...(cursor ? { cursor } : {}) };
      const told = await get(this.path, { query, signal });
      items.push(...told.items);
      cursor = told.next_cursor;
    } while (cursor && items.length < this.every);
    return items;
  }

  keep(number, items) {
    this.pages.delete(number);
    this.pages.set(number, items);
    for (const [oldest] of this.pages) {
      if (this.pages.size <= KEPT) return;
      this.pages.delete(oldest);
    }
  }

  failed(error) {
    if (error.name === "AbortError") return;
    this.error = error;
    this.changed();
  }

  close() {
    this.changed = () => {};
    this.whole.abort();
    for (const abort of this.running.values()) abort.abort();
  }
}
