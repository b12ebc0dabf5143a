"use strict";
// Shows those pictures of the gallery that are on the screen. Data stand in blocks before this script: an
// index, by which pictures are filtered; details; thumbnails. The latter two are read when they are needed.
(() => {
  const FIELDS = ["path", "title", "category", "split", "licence", "source", "labels", "width", "height", "problem"];
  const HEADING = 52, CAPTION = 44, GAP = 12, NEEDED = 24;
  const get = (id) => document.getElementById(id);
  const blocks = (name) => [...document.querySelectorAll(`script.${name}`)];
  const list = get("pictures"), status = get("status"), form = get("filters"), viewer = get("viewer");
  const base = get("base").dataset.base;
  const details = blocks("details"), thumbnails = blocks("thumbnails");
  const items = [];
  blocks("index").forEach((element, block) => {
    JSON.parse(element.textContent).forEach((row, place) => {
      const item = Object.fromEntries(FIELDS.map((name, at) => [name, row[at]]));
      items.push(Object.assign(item, { block, place, words: `${item.title} ${item.path}`.toLowerCase() }));
    });
  });

  // The last used blocks of thumbnails, taken apart.
  const parts = new Map();
  function image(item) {
    const known = parts.get(item.block) || thumbnails[item.block].textContent.split("\n");
    parts.delete(item.block);
    parts.set(item.block, known);
    if (parts.size > NEEDED) parts.delete(parts.keys().next().value);
    return `data:image/webp;base64,${known[item.place]}`;
  }

  function create(name, text, properties) {
    const element = Object.assign(document.createElement(name), properties);
    if (text !== undefined) element.textContent = text;
    return element;
  }
  const named = (item) => item.title || item.path.split("/").pop();
  const count = (number, what) => `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;

  // Filters
  const NONE = "\u0000none";
  const values = (item, name) => name === "labels" ? item.labels : [item[name] === null ? NONE : item[name]];
  const SELECTS = { category: "category", split: "split", licence: "licence", source: "source", label: "labels" };
  for (const [field, name] of Object.entries(SELECTS)) {
    const counts = new Map();
    for (const item of items) for (const value of values(item, name)) counts.set(value, (counts.get(value) || 0) + 1);
    const select = form.elements[field];
    select.append(new Option("all", ""));
    const order = [...counts].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1)).slice(0, 1000);
    order.forEach(([value, number], at) => {
      select.append(new Option(`${value === NONE ? "none" : value.slice(0, 80)} (${number.toLocaleString("en")})`, String(at + 1)));
    });
    select.values = ["", ...order.map(([value]) => value)];
    select.closest("label").hidden = order.length < 2;
  }
  function chosen() {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = Object.entries(SELECTS).filter(([field]) => form.elements[field].selectedIndex > 0)
      .map(([field, name]) => [name, form.elements[field].values[form.elements[field].selectedIndex]]);
    return items.filter((item) => words.every((word) => item.words.includes(word))
      && wanted.every(([name, value]) => values(item, name).includes(value)));
  }

  // Layout: lines of tiles below the headings of categories, all of known heights.
  let shown = [], lines = [], columns = 1, size = 150, current = 0;
  function arrange() {
    const width = list.clientWidth;
    columns = Math.max(2, Math.floor((width + GAP) / ((width < 560 ? 104 : 150) + GAP)));
    size = (width - GAP * (columns - 1)) / columns;
    lines = [];
    let top = 0;
    for (let at = 0; at < shown.length;) {
      let end = at;
      while (end < shown.length && shown[end].category === shown[at].category) end += 1;
      lines.push({ top, height: HEADING, name: shown[at].category, number: end - at });
      top += HEADING;
      for (; at < end; at += columns) {
        lines.push({ top, height: size + CAPTION + GAP, from: at, to: Math.min(at + columns, end) });
        top += size + CAPTION + GAP;
      }
      at = end;
    }
    list.style.height = `${top}px`;
    show(true);
  }

  // Elements on the screen, by number of the picture or name of the heading.
  let there = new Map();
  function element(key, make) {
    return there.get(key) || make();
  }
  function heading(line) {
    const made = create("h3", line.name, { dir: "auto" });
    made.append(create("span", line.number.toLocaleString("en")));
    made.style.top = `${line.top}px`;
    made.style.height = `${line.height}px`;
    return made;
  }
  function tile(at, line) {
    const item = shown[at];
    const made = create("button", undefined, { type: "button", className: "tile", tabIndex: at === current ? 0 : -1 });
    made.dataset.at = at;
    made.style.transform = `translate(${(at - line.from) * (size + GAP)}px, ${line.top}px)`;
    made.style.width = `${size}px`;
    made.style.height = `${size + CAPTION}px`;
    made.append(item.problem ? create("span", item.problem, { className: "none" })
      : create("img", undefined, { alt: "", decoding: "async", src: image(item) }));
    made.append(create("span", named(item), { className: "name", dir: "auto" }));
    const facts = [item.licence, item.width && `${item.width} × ${item.height}`].filter(Boolean);
    made.append(create("small", facts.join(" · ")));
    return made;
  }
  function lineAt(y) {
    let low = 0, high = lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lines[middle].top + lines[middle].height < y) low = middle + 1; else high = middle;
    }
    return low;
  }
  function show(anew) {
    const view = list.getBoundingClientRect(), ahead = window.innerHeight;
    const now = new Map();
    if (anew) { there = new Map(); list.replaceChildren(); }
    for (let at = lineAt(-view.top - ahead); at < lines.length && lines[at].top < -view.top + 2 * ahead; at += 1) {
      const line = lines[at];
      if (line.name !== undefined) {
        now.set(`h${line.top}`, element(`h${line.top}`, () => heading(line)));
        continue;
      }
      for (let picture = line.from; picture < line.to; picture += 1) {
        now.set(picture, element(picture, () => tile(picture, line)));
      }
    }
    for (const [key, old] of there) if (!now.has(key)) old.remove();
    let next = list.firstChild;
    for (const made of now.values()) {
      if (made === next) next = next.nextSibling; else list.insertBefore(made, next);
    }
    there = now;
  }
  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; show(false); });
  }
  function filter() {
    shown = chosen();
    current = 0;
    const all = shown.length === items.length;
    status.textContent = all ? count(items.length, "picture") : `${shown.length.toLocaleString("en")} of ${count(items.length, "picture")}`;
    arrange();
  }

  // Keyboard: one stop for Tab, arrows within.
  function go(at) {
    const to = Math.max(0, Math.min(shown.length - 1, at));
    if (there.has(current)) there.get(current).tabIndex = -1;
    current = to;
    const line = lines.find((each) => each.from <= to && to < each.to);
    const top = list.getBoundingClientRect().top + line.top;
    if (top < 70) window.scrollBy({ top: top - 80, behavior: "instant" });
    if (top + line.height > window.innerHeight) window.scrollBy({ top: top + line.height - window.innerHeight + 12, behavior: "instant" });
    show(false);
    there.get(to).tabIndex = 0;
    there.get(to).focus({ preventScroll: true });
  }
  const KEYS = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -columns, ArrowDown: () => columns, Home: () => -Infinity, End: () => Infinity };
  list.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(Number(event.target.closest(".tile").dataset.at) + KEYS[event.key]());
  });

  // One picture with all that is known of it.
  function link(url, text) {
    let found;
    try { found = new URL(url); } catch { return document.createTextNode(text); }
    if (found.protocol !== "http:" && found.protocol !== "https:") return document.createTextNode(text);
    return create("a", text, { href: found.href, target: "_blank", rel: "noopener noreferrer" });
  }
  function* facts(item, more) {
    const label = ([name, source, score]) => `${name} (${source}${score === null ? "" : ` ${score}`})`;
    const local = base + item.path.split("/").map(encodeURIComponent).join("/");
    yield ["file", create("a", item.path, { href: local, target: "_blank", rel: "noopener noreferrer" })];
    yield ["size", [item.width && `${item.width} × ${item.height} pixels`, more.size && `${more.size.toLocaleString("en")} bytes`, more.format].filter(Boolean).join(", ")];
    yield ["creator", more.creator && (more.creator_url ? link(more.creator_url, more.creator) : more.creator)];
    yield ["licence", item.licence && (more.licence_url ? link(more.licence_url, item.licence) : item.licence)];
    yield ["credit", more.attribution];
    yield ["found on", more.page && link(more.page, more.page)];
    yield ["address", link(more.url, more.url)];
    yield ["found by", `${item.source}: ${more.query}`];
    yield ["category", item.category];
    yield ["split", item.split];
    yield ["labels", (more.labels || []).map(label).join(", ")];
    yield ["scores", Object.entries(more.scores || {}).map(([name, score]) => `${name} ${score}`).join(", ")];
    yield ["colours", Object.entries(more.colours || {}).map(([name, share]) => `${name} ${Math.round(share * 100)} %`).join(", ")];
    yield ["consent", Object.entries(more.consent || {}).map(([name, answer]) => `${name}: ${answer}`).join("; ")];
    yield ["sha256", more.sha256];
    yield ["ledger row", String(more.row)];
  }
  function open(at) {
    if (at < 0 || at >= shown.length) return;
    current = at;
    const item = shown[at], more = JSON.parse(details[item.block].textContent)[item.place];
    const [picture, none] = viewer.querySelectorAll(".view img, .view .none");
    picture.hidden = Boolean(item.problem);
    none.hidden = !item.problem;
    none.textContent = item.problem;
    if (item.problem) picture.removeAttribute("src"); else picture.src = image(item);
    picture.alt = named(item);
    get("viewer-title").textContent = named(item);
    const told = viewer.querySelector("dl");
    told.replaceChildren();
    for (const [name, value] of facts(item, more)) {
      if (!value) continue;
      const cell = create("dd");
      cell.append(value);
      told.append(create("dt", name), cell);
    }
    if (!viewer.open) viewer.showModal();
  }
  list.addEventListener("click", (event) => {
    const found = event.target.closest(".tile");
    if (found) open(Number(found.dataset.at));
  });
  viewer.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (event.target === viewer || (button && "close" in button.dataset)) viewer.close();
    else if (button && button.dataset.step) open(current + Number(button.dataset.step));
  });
  viewer.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { event.preventDefault(); open(current + step); }
  });
  viewer.addEventListener("close", () => { if (shown.length) go(current); });

  for (const button of document.querySelectorAll("[data-category]")) {
    button.disabled = false;
    button.ariaLabel = `Show ${button.dataset.category} in the gallery`;
    button.addEventListener("click", () => {
      form.reset();
      const select = form.elements.category;
      select.selectedIndex = Math.max(0, select.values.indexOf(button.dataset.category));
      filter();
      get("gallery").scrollIntoView();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  window.addEventListener("scroll", soon, { passive: true });
  new ResizeObserver(() => { if (list.clientWidth) arrange(); }).observe(document.querySelector("main"));
  filter();
})();
