// The keys of an attached cluster: a page of them, kept fresh by a watch, and the verbs. The watch tells which value came
// when; the page itself is read anew after a change, since only etcd knows which keys belong on it.

import type { Asked, Gateway, Json, Refused, Silence } from "./gateway.ts";
import { base64Of, prefixEnd, prefixStart } from "./key_bytes.ts";
import { readLines } from "./lines.ts";
import { Backoff, pause } from "./pause.ts";
import { type KeyPage, type KeyRow, readKeyPage, readWatchTold, type WatchTold } from "./told.ts";

/** Rows of the page. */
export const KEY_COUNT_MAX = 100;
const VERSION_COUNT_MAX = 8;
const HISTORY_KEY_COUNT_MAX = 500;
/** A busy cluster changes more often than a reader reads. */
const READ_EVERY_MS = 250;
const LOOK_MS = 200;
const VERB_MS_MAX = 8_000;

/** A value that a key had. */
export interface KeyVersion {
  readonly revision: number;
  /** Base64; null where the key was deleted. */
  readonly value: string | null;
  /** The term in which the page saw it come; null where it was there before. */
  readonly term: number | null;
}

export interface KeyPast {
  /** The newest, oldest first. */
  readonly versions: readonly KeyVersion[];
  /** How many changes the page saw, more than are kept. */
  readonly changes: number;
}

export class KeyDesk {
  prefix = $state("");
  page: KeyPage | null = $state.raw(null);
  trouble: Refused | Silence | null = $state.raw(null);
  /** Whether the watch is open: changes show as they come. */
  isWatching = $state(false);
  /** Base64. */
  selected: string | null = $state(null);
  /** By key, since the page attached. */
  history: ReadonlyMap<string, KeyPast> = $state.raw(new Map());
  #gatewayOf: () => Gateway | null = () => null;
  #restart = new AbortController();
  #isStale = false;

  /** Reads keys from whatever `gatewayOf` says, now and after each change. */
  follow(gatewayOf: () => Gateway | null, signal: AbortSignal): void {
    this.#gatewayOf = gatewayOf;
    void this.#run(signal);
  }

  clear(): void {
    this.prefix = "";
    this.page = null;
    this.trouble = null;
    this.isWatching = false;
    this.selected = null;
    this.history = new Map();
  }

  /** Shows keys with this prefix from now on. */
  look(prefix: string): void {
    this.prefix = prefix;
    this.#restart.abort();
  }

  put(key: string, value: string): Promise<Asked<Json>> {
    return this.#verb("/v3/kv/put", { key: base64Of(key), value: base64Of(value) });
  }

  get(key: string): Promise<Asked<Json>> {
    return this.#verb("/v3/kv/range", { key: base64Of(key) });
  }

  /** @param key base64, so that keys that are no text can be deleted too. */
  delete(key: string): Promise<Asked<Json>> {
    return this.#verb("/v3/kv/deleterange", { key });
  }

  async #verb(path: string, body: Json): Promise<Asked<Json>> {
    const gateway = this.#gatewayOf();
    return gateway === null
      ? { kind: "silent", why: "unreachable" }
      : await gateway.ask(path, body, VERB_MS_MAX);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(LOOK_MS, 4_000);
    while (!signal.aborted) {
      const gateway = this.#gatewayOf();
      this.#restart = new AbortController();
      const round = AbortSignal.any([signal, this.#restart.signal]);
      if (gateway !== null && await this.#read(gateway, round)) {
        backoff.reset();
        await this.#watch(gateway, round);
      }
      if (signal.aborted) return;
      this.isWatching = false;
      if (!this.#restart.signal.aborted) await pause(backoff.next(), round);
    }
  }

  async #read(gateway: Gateway, round: AbortSignal): Promise<boolean> {
    const range = {
      key: prefixStart(this.prefix),
      range_end: prefixEnd(this.prefix),
      limit: KEY_COUNT_MAX,
      serializable: true,
    };
    let asked = await gateway.ask("/v3/kv/range", range);
    // Values may be large: names and revisions at least.
    if (asked.kind === "silent" && asked.why === "tooLarge") {
      asked = await gateway.ask("/v3/kv/range", { ...range, keys_only: true });
    }
    if (round.aborted) return false;
    const page = asked.kind === "ok" ? readKeyPage(asked.value) : null;
    if (page === null) {
      this.trouble = asked.kind === "ok" ? { kind: "silent", why: "foreign" } : asked;
      return false;
    }
    this.trouble = null;
    this.page = page;
    return true;
  }

  /** Watches until the stream ends, the source of keys changes, or the round is over. */
  async #watch(gateway: Gateway, round: AbortSignal): Promise<void> {
    const over = new AbortController();
    const ended = AbortSignal.any([round, over.signal]);
    const create_request = {
      key: prefixStart(this.prefix),
      range_end: prefixEnd(this.prefix),
      start_revision: String(this.page!.header.revision + 1),
    };
    const init = { method: "POST", body: JSON.stringify({ create_request }) };
    const opened = await gateway.open("/v3/watch", init, ended);
    if (opened.kind !== "ok") {
      if (!round.aborted) this.trouble = opened;
      return;
    }
    this.isWatching = true;
    const refreshing = this.#refresh(gateway, ended, () => over.abort());
    await readLines(opened.value, (line) => {
      const result = line["result"];
      const told = typeof result === "object" && result !== null ? readWatchTold(result as Json) : null;
      if (told === null || told.canceled || ended.aborted) return false;
      if (told.events.length > 0) this.#remember(told);
      return true;
    });
    over.abort();
    await refreshing;
  }

  /** Reads the page again where a change made it stale, and ends the watch when keys come from another member. */
  async #refresh(gateway: Gateway, ended: AbortSignal, end: () => void): Promise<void> {
    while (!ended.aborted) {
      await pause(READ_EVERY_MS, ended);
      if (ended.aborted) return;
      if (this.#gatewayOf() !== gateway) return end();
      if (!this.#isStale) continue;
      this.#isStale = false;
      if (!await this.#read(gateway, ended)) this.#isStale = true;
    }
  }

  #remember({ events, header }: WatchTold): void {
    const history = new Map(this.history);
    for (const { isDelete, row } of events) {
      const { versions, changes } = history.get(row.key) ?? this.#known(row.key);
      if (versions.some(({ revision }) => revision >= row.modRevision)) continue;
      const version = { revision: row.modRevision, value: isDelete ? null : row.value, term: header.term };
      history.delete(row.key);
      history.set(row.key, {
        versions: [...versions, version].slice(-VERSION_COUNT_MAX),
        changes: changes + 1,
      });
    }
    for (const key of history.keys()) {
      if (history.size <= HISTORY_KEY_COUNT_MAX) break;
      history.delete(key);
    }
    this.history = history;
    this.#isStale = true;
  }

  /** What the page showed of a key before its first change. */
  #known(key: string): KeyPast {
    const row = this.page?.rows.find((one) => one.key === key);
    return { versions: row === undefined ? [] : [versionOf(row)], changes: 0 };
  }

  /** What is known of a key's past. */
  pastOf(row: KeyRow): KeyPast {
    return this.history.get(row.key) ?? { versions: [versionOf(row)], changes: 0 };
  }
}

function versionOf(row: KeyRow): KeyVersion {
  return { revision: row.modRevision, value: row.value, term: null };
}
