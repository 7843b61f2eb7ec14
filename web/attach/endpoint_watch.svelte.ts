// One endpoint, asked again and again: what it said last, and since when it has been silent. It is asked less and less
// often while it does not answer, and as often as before from its first answer on.

import type { Endpoint } from "./endpoints.ts";
import { type Asked, Gateway, type Json, type Refused, type Silence } from "./gateway.ts";
import { Backoff, pause } from "./pause.ts";
import { readStatus, type Status } from "./told.ts";
import { type Ballot, TraceWatch } from "./trace_watch.svelte.ts";

/** How often a member that answers is asked. */
export const ASK_EVERY_MS = 500;
const SILENT_MS_MAX = 4_000;
/** /health makes etcd read through its quorum: not at every question. */
const HEALTH_EVERY_MS = 3_000;
const STATUS_MS_MAX = 2_500;

/** What GET /version says. */
export interface Release {
  readonly etcd: string;
  /** Flotilla's own version; null of a real etcd. */
  readonly flotilla: string | null;
  /** Where it can be watched live; null where it cannot. */
  readonly trace: string | null;
}

export class EndpointWatch {
  readonly endpoint: Endpoint;
  readonly gateway: Gateway;
  /** Named by the visitor, not learned from the cluster. */
  readonly isNamed: boolean;
  /** The newest, also when it is silent by now. */
  status: Status | null = $state.raw(null);
  release: Release | null = $state.raw(null);
  /** Of a Flotilla member that tells all. */
  trace: TraceWatch | null = $state.raw(null);
  /** Null: not asked yet, or no answer. */
  isHealthy: boolean | null = $state(null);
  /** Why it does not answer; null while it does, and before the first question. */
  trouble: Silence | Refused | null = $state.raw(null);
  /** Milliseconds since the epoch. */
  heardAtMs: number | null = $state(null);
  silentSinceMs: number | null = $state(null);
  readonly #signal: AbortSignal;
  readonly #onNews: () => void;
  readonly #onBallot: (ballot: Ballot) => void;
  readonly #backoff = new Backoff(ASK_EVERY_MS, SILENT_MS_MAX);
  #wake = new AbortController();

  constructor(
    endpoint: Endpoint,
    options: {
      readonly isNamed: boolean;
      readonly signal: AbortSignal;
      readonly onNews: () => void;
      readonly onBallot: (ballot: Ballot) => void;
    },
  ) {
    this.endpoint = endpoint;
    this.isNamed = options.isNamed;
    this.#signal = options.signal;
    this.#onNews = options.onNews;
    this.#onBallot = options.onBallot;
    this.gateway = new Gateway(endpoint, options.signal);
    void this.#askStatus();
    void this.#askHealth();
  }

  get answers(): boolean {
    return this.trouble === null && this.status !== null;
  }

  /** Asks at once instead of waiting on. */
  retry(): void {
    this.#backoff.reset();
    this.#wake.abort();
  }

  async #askStatus(): Promise<void> {
    while (!this.#signal.aborted) {
      const asked = await this.gateway.ask("/v3/maintenance/status", {}, STATUS_MS_MAX);
      if (this.#signal.aborted) return;
      this.#take(asked);
      if (this.answers && this.release === null) await this.#askRelease();
      this.#onNews();
      this.#wake = new AbortController();
      const ms = this.answers ? ASK_EVERY_MS : this.#backoff.next();
      await pause(ms, AbortSignal.any([this.#signal, this.#wake.signal]));
    }
  }

  #take(asked: Asked<Json>): void {
    const status = asked.kind === "ok" ? readStatus(asked.value) : null;
    const nowMs = Date.now();
    if (status === null) {
      this.trouble = asked.kind === "ok" ? { kind: "silent", why: "foreign" } : asked;
      this.silentSinceMs ??= nowMs;
      this.isHealthy = null;
      // Another release may come back at this address.
      this.release = null;
      return;
    }
    this.#backoff.reset();
    this.status = status;
    this.trouble = null;
    this.heardAtMs = nowMs;
    this.silentSinceMs = null;
  }

  async #askRelease(): Promise<void> {
    const asked = await this.gateway.get("/version");
    if (asked.kind !== "ok") return;
    const { etcdserver, flotilla, trace } = asked.value;
    this.release = {
      etcd: typeof etcdserver === "string" ? etcdserver : this.status?.version ?? "",
      flotilla: typeof flotilla === "string" ? flotilla : null,
      // A path of this very member, whatever it says.
      trace: typeof trace === "string" && /^\/[a-z/]{1,60}$/.test(trace) && !trace.startsWith("//")
        ? trace
        : null,
    };
    if (this.release.trace !== null && this.trace === null) {
      this.trace = new TraceWatch(this.gateway, this.release.trace, {
        signal: this.#signal,
        onBallot: this.#onBallot,
        // Whether there is another stream to open, the next look at the release tells: it may be another by then. One
        // that was refused is not asked for again before the member has been silent.
        onEnd: (hasBegun) => {
          this.trace = null;
          if (hasBegun) this.release = null;
        },
      });
    }
  }

  async #askHealth(): Promise<void> {
    while (!this.#signal.aborted) {
      if (this.answers) {
        const asked = await this.gateway.get("/health");
        if (asked.kind === "ok") this.isHealthy = String(asked.value["health"]) === "true";
        else this.isHealthy = asked.kind === "refused" ? false : null;
      }
      await pause(this.answers ? HEALTH_EVERY_MS : ASK_EVERY_MS, this.#signal);
    }
  }
}
