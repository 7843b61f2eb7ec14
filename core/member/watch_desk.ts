// Where clients watch: the streams of one member, in front of the store's watch hub (etcd's api/v3rpc/watch.go). Each
// member serves its own state, so a watch at a follower costs the leader nothing.
//
// What a client does not take costs no memory: a stream with too many responses on their way is sent no events. They
// stay in the store's history, and the watch reads on from there later; if compaction was faster, the watch ends and
// says so. Answers to the client's own words cannot wait like that, so their number is bounded otherwise: a stream that
// asks and never listens is ended.

import type { Credentials } from "../auth/requests.ts";
import { assert } from "../base/assert.ts";
import { ETCD_ERRORS, type EtcdError, isEtcdError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import type { KvStore } from "../kv/kv_store.ts";
import type { KvEvent } from "../kv/requests.ts";
import { type WatchEvent, WatchHub, type WatchHubState, type WatchId } from "../kv/watch_hub.ts";
import type { WatchCreate, WatchMessage, WatchResult } from "./io.ts";

/** Responses with events that may be on their way to one client; each holds 1 MiB or little more. */
export const UNTAKEN_EVENTS_MAX = 16;
/** Responses of any kind. */
export const UNTAKEN_COUNT_MAX = 4_096;
/** The watch id of what concerns no single watch. (clientv3.InvalidWatchID) */
export const NO_WATCH_ID: WatchId = -1;

/** A protobuf event's bytes beside its keys and values, at most. */
const EVENT_OVERHEAD_BYTES = 64;
const RESPONSE_OVERHEAD_BYTES = 64;
/** A stream that requires a leader ends after this many election timeouts without one. */
const LEADERLESS_ELECTIONS_MAX = 3;

export interface WatchDeskOptions {
  readonly electionTicks: number;
  /** Between two reports of progress to a watch that asked for them. */
  readonly progressTicks: number;
  /** A watch that allows fragments gets responses cut at this size. */
  readonly fragmentBytes: number;
}

interface StreamState {
  readonly requireLeader: boolean;
  readonly credentials: Credentials | null;
  readonly openedAtTick: number;
  /** Responses said and not yet taken. */
  untaken: number;
  /** Reports of progress the client asked for and did not get yet. */
  progressOwed: number;
  /** Watches that want reports of progress; true: nothing was said since the last report was due. */
  readonly quiet: Map<WatchId, boolean>;
  readonly fragmented: Set<WatchId>;
}

export interface WatchDeskState {
  readonly hub: WatchHubState;
  readonly streams: readonly (readonly [number, StreamState])[];
  readonly tick: number;
  readonly leaderlessTicks: number;
}

/** How a stream speaks to its client. `last` ends it. */
export type SayToStream = (requestId: number, response: WatchResult | EtcdError, last: boolean) => void;

export class WatchDesk {
  readonly #options: WatchDeskOptions;
  readonly #say: SayToStream;
  #hub: WatchHub;
  /** By the number of the request that opened them, which is also the hub's number. */
  #streams = new Map<number, StreamState>();
  /** The streams with `progressOwed`. */
  #owing = new Set<number>();
  #tick = 0;
  #leaderlessTicks = 0;

  constructor(options: WatchDeskOptions, revision: Revision, say: SayToStream) {
    this.#options = options;
    this.#say = say;
    this.#hub = new WatchHub(revision);
  }

  static restore(options: WatchDeskOptions, state: WatchDeskState, say: SayToStream): WatchDesk {
    const desk = new WatchDesk(options, state.hub.heardRevision, say);
    desk.#hub = WatchHub.restore(state.hub);
    desk.#streams = new Map(state.streams.map(([id, stream]) => [id, copyOf(stream)]));
    for (const [id, { progressOwed }] of desk.#streams) if (progressOwed > 0) desk.#owing.add(id);
    desk.#tick = state.tick;
    desk.#leaderlessTicks = state.leaderlessTicks;
    return desk;
  }

  capture(): WatchDeskState {
    return {
      hub: this.#hub.capture(),
      streams: [...this.#streams].map(([id, stream]) => [id, copyOf(stream)] as const),
      tick: this.#tick,
      leaderlessTicks: this.#leaderlessTicks,
    };
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  open(requestId: number, requireLeader: boolean, credentials: Credentials | null): void {
    this.#hub.openStream(requestId);
    this.#streams.set(requestId, {
      requireLeader,
      credentials,
      openedAtTick: this.#tick,
      untaken: 0,
      progressOwed: 0,
      quiet: new Map(),
      fragmented: new Set(),
    });
  }

  /** How the client of a stream said who it is; null when it did not, or when there is no such stream. */
  credentialsOf(requestId: number): Credentials | null {
    return this.#streams.get(requestId)?.credentials ?? null;
  }

  /** Answers a watch that is not to be: created and cancelled in one. */
  refuse(requestId: number, why: EtcdError, store: KvStore): void {
    const cancelReason = why.message;
    this.#tell(
      requestId,
      result({ watchId: NO_WATCH_ID, store, created: true, cancelled: true, cancelReason }),
    );
  }

  /** Ends a stream without a word. False when there is none. */
  close(requestId: number): boolean {
    if (!this.#streams.delete(requestId)) return false;
    this.#hub.closeStream(requestId);
    this.#owing.delete(requestId);
    return true;
  }

  take(requestId: number, message: WatchMessage, store: KvStore): void {
    const stream = this.#streams.get(requestId);
    if (!stream) return;
    switch (message.kind) {
      case "create":
        return this.#create(requestId, message.create, store);
      case "cancel":
        if (!this.#hub.cancel(requestId, message.watchId)) return;
        forget(stream, message.watchId);
        return this.#tell(requestId, result({ watchId: message.watchId, store, cancelled: true }));
      case "progress":
        stream.progressOwed += 1;
        this.#owing.add(requestId);
    }
  }

  taken(requestId: number, count: number): void {
    const stream = this.#streams.get(requestId);
    if (stream) stream.untaken = Math.max(0, stream.untaken - count);
  }

  hear(revision: Revision, events: readonly KvEvent[]): void {
    if (events.length > 0) this.#hub.hear(revision, events);
  }

  storeReplaced(store: KvStore): void {
    this.#hub.storeReplaced(store);
  }

  tick(hasLeader: boolean, store: KvStore): void {
    this.#tick += 1;
    this.#leaderlessTicks = hasLeader ? 0 : this.#leaderlessTicks + 1;
    if (this.#leaderlessTicks >= LEADERLESS_ELECTIONS_MAX * this.#options.electionTicks) {
      this.#endLeaderless();
    }
    for (const [requestId, stream] of this.#streams) {
      const ticks = this.#tick - stream.openedAtTick;
      if (ticks % this.#options.progressTicks === 0) this.#reportProgress(requestId, stream, store);
    }
  }

  /** Says what clients can take. To be called when everything else of a step is done. */
  serve(store: KvStore): void {
    for (const requestId of this.#hub.streamsBehind()) {
      const stream = this.#streams.get(requestId);
      while (stream && stream.untaken < UNTAKEN_EVENTS_MAX) {
        const response = this.#hub.take(store, requestId);
        if (response === null) break;
        const { watchId, events, compactRevision } = response;
        if (compactRevision !== null) {
          forget(stream, watchId);
          // etcd names no revision here: the watch has not been told everything up to any.
          this.#tell(requestId, {
            ...result({ watchId, store, cancelled: true, compactRevision }),
            revision: 0,
          });
        } else this.#tellEvents(requestId, stream, watchId, { events, store });
      }
    }
    for (const requestId of [...this.#owing].sort((a, b) => a - b)) this.#payProgress(requestId, store);
  }

  /** The whole stream's progress may be told only when none of its watches has anything left to hear: after events. */
  #payProgress(requestId: number, store: KvStore): void {
    const stream = this.#streams.get(requestId)!;
    while (stream.progressOwed > 0 && stream.untaken < UNTAKEN_EVENTS_MAX) {
      assert(
        !this.#hub.hasResponse(requestId),
        `stream ${requestId} has room, and events that were not told`,
      );
      stream.progressOwed -= 1;
      this.#tell(requestId, result({ watchId: NO_WATCH_ID, store }));
    }
    if (stream.progressOwed === 0) this.#owing.delete(requestId);
  }

  #create(requestId: number, create: WatchCreate, store: KvStore): void {
    const created = this.#hub.create(store, requestId, create);
    if (isEtcdError(created)) return this.refuse(requestId, created, store);
    const { watchId } = created;
    const stream = this.#streams.get(requestId)!;
    if (create.progressNotify) stream.quiet.set(watchId, true);
    if (create.fragment) stream.fragmented.add(watchId);
    this.#tell(requestId, result({ watchId, store, created: true }));
  }

  #tellEvents(
    requestId: number,
    stream: StreamState,
    watchId: WatchId,
    { events, store }: { events: readonly WatchEvent[]; store: KvStore },
  ): void {
    if (stream.quiet.has(watchId)) stream.quiet.set(watchId, false);
    const parts = stream.fragmented.has(watchId)
      ? fragmentsOf(events, this.#options.fragmentBytes)
      : [events];
    parts.forEach((part, i) => {
      const fragment = i < parts.length - 1;
      this.#tell(requestId, result({ watchId, store, events: part, fragment }));
    });
  }

  /** A watch hears of progress only after a whole interval in which it heard of nothing else. */
  #reportProgress(requestId: number, stream: StreamState, store: KvStore): void {
    for (const [watchId, wasQuiet] of stream.quiet) {
      stream.quiet.set(watchId, true);
      if (!wasQuiet || stream.untaken >= UNTAKEN_EVENTS_MAX) continue;
      if (this.#hub.progress(store, requestId, watchId)) this.#tell(requestId, result({ watchId, store }));
    }
  }

  #endLeaderless(): void {
    for (const [requestId, { requireLeader }] of [...this.#streams]) {
      if (requireLeader) this.#end(requestId, ETCD_ERRORS.noLeader);
    }
  }

  #tell(requestId: number, response: WatchResult): void {
    const stream = this.#streams.get(requestId);
    if (!stream) return;
    if (stream.untaken >= UNTAKEN_COUNT_MAX) return this.#end(requestId, ETCD_ERRORS.tooManyRequests);
    stream.untaken += 1;
    this.#say(requestId, response, false);
  }

  #end(requestId: number, error: EtcdError): void {
    this.close(requestId);
    this.#say(requestId, error, true);
  }
}

type ResultFields =
  & Partial<Omit<WatchResult, "kind" | "revision">>
  & { readonly watchId: WatchId; readonly store: KvStore };

function result({ store, ...fields }: ResultFields): WatchResult {
  return {
    kind: "watch",
    revision: store.revision,
    created: false,
    cancelled: false,
    cancelReason: "",
    compactRevision: 0,
    fragment: false,
    events: [],
    ...fields,
  };
}

/** Cuts between events so that each part stays below `bytesMax`; a single event may be larger. (sendFragments) */
function fragmentsOf(events: readonly WatchEvent[], bytesMax: number): readonly (readonly WatchEvent[])[] {
  const parts: WatchEvent[][] = [[]];
  let bytes = RESPONSE_OVERHEAD_BYTES;
  for (const event of events) {
    const eventBytes = sizeOf(event);
    if (parts.at(-1)!.length > 0 && bytes + eventBytes >= bytesMax) {
      parts.push([]);
      bytes = RESPONSE_OVERHEAD_BYTES;
    }
    parts.at(-1)!.push(event);
    bytes += eventBytes;
  }
  return parts;
}

function sizeOf({ kv, prevKv }: WatchEvent): number {
  const before = prevKv ? prevKv.key.length + prevKv.value.length + EVENT_OVERHEAD_BYTES : 0;
  return EVENT_OVERHEAD_BYTES + kv.key.length + kv.value.length + before;
}

function forget(stream: StreamState, watchId: WatchId): void {
  stream.quiet.delete(watchId);
  stream.fragmented.delete(watchId);
}

function copyOf(stream: StreamState): StreamState {
  return { ...stream, quiet: new Map(stream.quiet), fragmented: new Set(stream.fragmented) };
}
