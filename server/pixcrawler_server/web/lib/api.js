// Asks the REST API. Whatever goes wrong is an ApiError with a sentence for people.
import { patient } from "./patience.js";
import * as session from "./session.js";

const ROOT = "/api/v1";

class ApiError extends Error {
  /** `fields` are the problems of single fields: `{"tables.job.name": "is too long"}`. */
  constructor(message, { status = 0, code = "", details = {}, requestId = "", after = null } = {}) {
    super(message);
    Object.assign(this, { status, code, details, requestId, after });
    const told = details.errors ?? (details.field ? [details] : []);
    this.fields = Object.fromEntries(told.map((each) => [each.field, each.constraint]));
  }

  get offline() {
    return this.status === 0;
  }
}

export const get = (path, options) => ask("GET", path, options);
/** Creates or does something: sent with a key, so that sending it again does not do it again. */
export const post = (path, body = {}, options) => ask("POST", path, { key: newKey(), ...options, body });
export const put = (path, body, options) => ask("PUT", path, { ...options, body });
/** `tag` is the ETag of what was read: 412 where somebody else changed it meanwhile. */
export const patch = (path, body, options) => ask("PATCH", path, { ...options, body });
export const remove = (path, options) => ask("DELETE", path, options);

/** A key for a thing that is to be done once; give the same one when it is tried again. */
export const newKey = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** What was answered: `{data, tag, status, headers}`. `open` calls need nobody who signed in. */
export async function asked(method, path, options = {}) {
  const answer = await response(method, path, options);
  const json = (answer.headers.get("Content-Type") ?? "").includes("json");
  const data = answer.status === 204 || answer.status === 304 ? null : json ? await answer.json() : await answer.blob();
  return { data, tag: answer.headers.get("ETag"), status: answer.status, headers: answer.headers };
}

async function ask(method, path, options) {
  return (await asked(method, path, options)).data;
}

/** A picture or another file, as a Blob. */
export const blob = (path, options) => response("GET", path, options).then((answer) => answer.blob());

/** The whole answer, whose status is good, or the one of `also`. Raises ApiError. */
export async function response(method, path, options = {}) {
  const { open = false } = options;
  for (let again = 0; ; again += 1) {
    const token = open ? null : await tokenOf();
    const send = () => sent(method, path, options, token);
    const answer = await (method === "GET" || options.key ? patient(send, options.signal) : send());
    if (answer.status === 401 && token && again < 2) {
      session.refused(token);
      continue;
    }
    if (answer.ok || answer.status === options.also) return answer;
    throw await errorOf(answer);
  }
}

async function tokenOf() {
  try {
    return await session.token();
  } catch (error) {
    throw new ApiError(unreached(error));
  }
}

async function sent(method, path, { body, query, tag, key, signal, headers, raw, root }, token) {
  const told = { Accept: "application/json, */*;q=0.5", ...headers };
  if (token) told.Authorization = `Bearer ${token}`;
  if (body !== undefined && !raw) told["Content-Type"] = "application/json";
  if (tag) told["If-Match"] = tag;
  if (key && token) told["Idempotency-Key"] = key;
  try {
    return await fetch(addressOf(path, query, root), {
      method,
      headers: told,
      body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(unreached(error));
  }
}

function addressOf(path, query = {}, root = ROOT) {
  const told = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(told.map(([name, value]) => [name, String(value)])).toString();
  return `${root}${path}${search ? `?${search}` : ""}`;
}

function unreached(error) {
  if (error instanceof TypeError || !navigator.onLine) {
    return "The server cannot be reached. Look whether you are online and the server runs, then try again.";
  }
  return error.message;
}

async function errorOf(answer) {
  const requestId = answer.headers.get("X-Request-ID") ?? "";
  const after = Number(answer.headers.get("Retry-After")) || null;
  let told = {};
  try {
    told = (await answer.json()).error ?? {};
  } catch {
    // A proxy answered, with a page of its own.
  }
  const message = sentence(answer.status, told.message, after, requestId);
  return new ApiError(message, { status: answer.status, code: told.code, details: told.details, requestId, after });
}

function sentence(status, message, after, requestId) {
  if (status === 429) return `That was too often. Try again ${after ? `in ${after} seconds` : "in a while"}.`;
  if (status === 503) return "The server has too much to do right now. Try again in a moment.";
  if (status >= 500) return `The server failed. If it does so again, tell whoever runs it: ${requestId || status}.`;
  if (status === 412) return "Somebody else changed this meanwhile. Load it again, and make your change anew.";
  const text = message || `The server answers ${status}`;
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
