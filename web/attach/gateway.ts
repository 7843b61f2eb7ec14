// Questions to a member over its JSON gateway, and every way in which they can fail, as values. A browser tells a page
// nothing of why a request failed; what can be found out by asking differently is found out here.

import { type Endpoint, isMixedContent } from "./endpoints.ts";

/** Longest answer that is read. A page of keys is far below. */
export const ANSWER_BYTES_MAX = 32 << 20;
const ASK_MS_MAX = 4_000;
const PROBE_MS_MAX = 2_000;
/** A port that is closed needs no second knock each time. */
const PROBE_EVERY_MS = 10_000;

export type Silence = {
  readonly kind: "silent";
  readonly why:
    /** No connection: down, out of reach, another port, or a certificate the browser does not trust. */
    | "unreachable"
    /** Connected, and no answer in time. */
    | "timeout"
    /** It answers, and the browser keeps the answer from this page: --cors leaves this origin out. */
    | "cors"
    /** A page from https:// may not ask http:// on another machine. */
    | "mixed"
    /** Something answers that is no etcd. */
    | "foreign"
    | "tooLarge";
};

/** etcd's own no, in its own words. */
export type Refused = { readonly kind: "refused"; readonly says: string; readonly status: number };

export type Asked<T> = { readonly kind: "ok"; readonly value: T } | Refused | Silence;

export type Json = Readonly<Record<string, unknown>>;

const SAFE: RequestInit = {
  credentials: "omit",
  referrerPolicy: "no-referrer",
  cache: "no-store",
  redirect: "error",
};

/** One member's gateway. Nothing here rejects or throws. */
export class Gateway {
  readonly endpoint: Endpoint;
  readonly #signal: AbortSignal;
  /** When a knock last found nobody, by the page's clock. */
  #foundNobodyAtMs = -Infinity;

  /** @param signal aborts whatever is under way; what is asked then is silent. */
  constructor(endpoint: Endpoint, signal: AbortSignal) {
    this.endpoint = endpoint;
    this.#signal = signal;
  }

  /** One value in, one out: `ask("/v3/kv/put", { key, value })`. */
  ask(path: string, body: Json, msMax = ASK_MS_MAX): Promise<Asked<Json>> {
    // A body without a type of its own is text/plain, for which a browser asks no leave beforehand. etcd reads it as JSON.
    return this.#fetchJson(path, { method: "POST", body: JSON.stringify(body) }, msMax);
  }

  get(path: string, msMax = ASK_MS_MAX): Promise<Asked<Json>> {
    return this.#fetchJson(path, { method: "GET" }, msMax);
  }

  /** Opens a stream of lines; the answer's body, or why there is none. @param signal ends it. */
  async open(
    path: string,
    init: RequestInit,
    signal: AbortSignal,
  ): Promise<Asked<ReadableStream<Uint8Array>>> {
    try {
      const response = await fetch(this.endpoint + path, {
        ...SAFE,
        ...init,
        signal: AbortSignal.any([signal, this.#signal]),
      });
      if (!response.ok) return refusalOf(response.status, jsonOf(await textOf(response.body)));
      return response.body === null
        ? { kind: "silent", why: "foreign" }
        : { kind: "ok", value: response.body };
    } catch (error) {
      return await this.#silence(error);
    }
  }

  async #fetchJson(path: string, init: RequestInit, msMax: number): Promise<Asked<Json>> {
    try {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(msMax)]);
      const response = await fetch(this.endpoint + path, { ...SAFE, ...init, signal });
      const json = jsonOf(await textOf(response.body));
      if (!response.ok) return refusalOf(response.status, json);
      return json === null ? { kind: "silent", why: "foreign" } : { kind: "ok", value: json };
    } catch (error) {
      return await this.#silence(error);
    }
  }

  /** A browser says the same of a closed port and of a forbidden answer. Only a request for no answer tells them apart. */
  async #silence(error: unknown): Promise<Silence> {
    const why = (error as Error).name;
    if (error instanceof TooLarge) return { kind: "silent", why: "tooLarge" };
    if (why === "TimeoutError") return { kind: "silent", why: "timeout" };
    if (why === "AbortError" || this.#signal.aborted) return { kind: "silent", why: "unreachable" };
    if (isMixedContent(this.endpoint, globalThis.location?.protocol ?? "")) {
      return { kind: "silent", why: "mixed" };
    }
    return { kind: "silent", why: await this.#isThere() ? "cors" : "unreachable" };
  }

  async #isThere(): Promise<boolean> {
    if (performance.now() - this.#foundNobodyAtMs < PROBE_EVERY_MS) return false;
    try {
      const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(PROBE_MS_MAX)]);
      // An answer that nobody may read can be followed only as the browser likes.
      const init: RequestInit = { ...SAFE, redirect: "follow", mode: "no-cors", signal };
      const seen = await fetch(`${this.endpoint}/version`, init);
      if (seen.type === "opaque") return true;
    } catch {
      // Nobody there.
    }
    this.#foundNobodyAtMs = performance.now();
    return false;
  }
}

class TooLarge extends Error {}

async function textOf(body: ReadableStream<Uint8Array> | null): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "", bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > ANSWER_BYTES_MAX) {
      await reader.cancel();
      throw new TooLarge();
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Null for what is no JSON object. */
export function jsonOf(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : null;
  } catch {
    return null;
  }
}

/** {"error": "…", "code": 14} since etcd 3.0; later releases say `message` alone. */
function refusalOf(status: number, json: Json | null): Refused | Silence {
  const says = json?.["message"] ?? json?.["error"];
  if (typeof says === "string") return { kind: "refused", says, status };
  return status === 503 && json !== null
    ? { kind: "refused", says: JSON.stringify(json), status }
    : { kind: "silent", why: "foreign" };
}
