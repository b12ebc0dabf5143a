// A job as the form has it, and as the tables of a job file. What the form does not know stays in `rest`.

export const EMPTY = {
  name: "",
  dataset: "",
  project: "",
  rows: [{ keywords: "", name: "", most: null }],
  rest: { job: { max_images: 100 } },
};

/** The words of a row: parted by commas, semicolons or lines. */
export const wordsOf = (row) => [...new Set(row.keywords.split(/[,;\n]/).map((word) => word.trim()).filter(Boolean))];

/** The tables of a draft. */
export function tablesOf(draft) {
  const rows = draft.rows.filter((row) => wordsOf(row).length);
  const { name: _, keywords: __, ...job } = draft.rest.job ?? {};
  const told = { job: { name: draft.name.trim() || nameOf(rows), ...job } };
  if (rows.every(isPlain)) told.job.keywords = rows.map((row) => wordsOf(row)[0]);
  else told.category = rows.map(categoryOf);
  const { job: ___, category: ____, ...others } = draft.rest;
  return withoutEmpty({ ...told, ...others });
}

/** A draft of tables, such as those of a file that was dropped. */
export function draftOf(tables, before = EMPTY) {
  const { category, ...rest } = structuredClone(tables);
  const { name = "", keywords = [], ...job } = rest.job ?? {};
  const rows = category?.length
    ? category.map((each) => ({ keywords: each.keywords.join(", "), name: each.name, most: each.max_images ?? null }))
    : keywords.map((word) => ({ keywords: word, name: "", most: null }));
  return { ...before, name, rows: rows.length ? rows : EMPTY.rows, rest: { ...rest, job } };
}

/** A value in tables: `valueAt(tables, "sources.filters.color")`. */
export const valueAt = (tables, path) => path.split(".").reduce((table, key) => table?.[key], tables);

/** Tables with another value there; null and undefined take it out. */
export function withValue(tables, path, value) {
  const [key, ...rest] = path.split(".");
  const changed = { ...tables };
  if (rest.length) changed[key] = withValue(tables?.[key] ?? {}, rest.join("."), value);
  else if (value === null || value === undefined || value === "") delete changed[key];
  else changed[key] = value;
  return changed;
}

/** The images that are asked for in all categories. */
export function imagesOf(draft) {
  const usual = draft.rest.job?.max_images ?? 100;
  return draft.rows.filter((row) => wordsOf(row).length).reduce((sum, row) => sum + (row.most ?? usual), 0);
}

export const nameOf = (rows) => (rows.length ? rows[0].name.trim() || wordsOf(rows[0])[0] : "new dataset");

const isPlain = (row) => wordsOf(row).length === 1 && !row.name.trim() && !row.most;

function categoryOf(row) {
  const words = wordsOf(row);
  return { name: row.name.trim() || words[0], keywords: words, ...(row.most ? { max_images: row.most } : {}) };
}

function withoutEmpty(tables) {
  return Object.fromEntries(
    Object.entries(tables)
      .map(([key, value]) => [key, isTable(value) ? withoutEmpty(value) : value])
      .filter(([, value]) => !isTable(value) || Object.keys(value).length),
  );
}

const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
