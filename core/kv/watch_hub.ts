// Watches: who wants to hear of which keys, and from which revision on (etcd's mvcc/watchable_store.go and
// watcher.go). The hub holds no events. The store's history is the buffer: each watcher is a cursor into it, moved on
// when its client can take more, so that a slow client costs a few words of memory. If compaction overtakes a
// cursor, the watch ends, and its client is told up to where history is gone.
//
// A watch stream is one client connection with any number of watches; watch ids are the stream's own.

import { assert } from "../base/assert.ts";
import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import { type KeySpan, keySpanOf, type KeyText, keyTextOf, spanHolds } from "./key_text.ts";
import type { KvStore } from "./kv_store.ts";
import type { KeyValue, KvEvent } from "./requests.ts";

/** Names a stream among those of one member; the host hands it out. */
export type WatchStreamId = number;
export type WatchId = number;

/** As a request's watch id: let the stream choose the lowest it never gave, 0, 1, 2, … (clientv3.AutoWatchID) */
export const AUTO_WATCH_ID: WatchId = 0;

/** Most revisions in one response. (mvcc: watchBatchMaxRevs) */
export const RESPONSE_REVISIONS_MAX = 1000;
/** A response closes once its keys and values hold this many bytes; a single revision is never split, though. */
export const RESPONSE_BYTES_MAX = 1_048_576;

export interface WatchRequest {
  readonly watchId: WatchId;
  /** Empty stands for the smallest key, a single zero byte. */
  readonly key: Uint8Array;
  /** As in a range request. */
  readonly rangeEnd: Uint8Array;
  /** First revision to hear of; 0 for what comes after now. */
  readonly startRevision: Revision;
  /** Tell with each event what the key was before it. */
  readonly prevKv: boolean;
  /** Keep puts, or deletions, back. (WatchCreateRequest.filters) */
  readonly noPut: boolean;
  readonly noDelete: boolean;
}

export interface WatchEvent extends KvEvent {
  /** The pair before, when asked for, existing, and not lost to compaction. */
  readonly prevKv: KeyValue | null;
}

export interface WatchCreated {
  readonly kind: "watchCreated";
  readonly watchId: WatchId;
  /** The store's revision when the watch was made. */
  readonly revision: Revision;
}

export interface WatchResponse {
  readonly kind: "watch";
  readonly watchId: WatchId;
  /** The store's revision when the response was made. */
  readonly revision: Revision;
  /** Whole revisions, oldest first. Empty in a progress report, and when the watch ends. */
  readonly events: readonly WatchEvent[];
  /** Null while the watch goes on. Else it has ended, because history before this revision is gone. */
  readonly compactRevision: Revision | null;
}

interface Watcher {
  readonly stream: WatchStreamId;
  readonly watchId: WatchId;
  readonly span: KeySpan;
  /** A watcher of one key is found by its key; those of ranges are asked one by one. */
  readonly isSingle: boolean;
  readonly prevKv: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  /** First revision that this watcher may still have to hear of. Up to date only while it is behind. */
  cursor: Revision;
}

interface Stream {
  readonly watchers: Map<WatchId, Watcher>;
  /** Those with something to read, longest waiting first. The others have heard of everything. */
  readonly behind: Set<Watcher>;
  nextWatchId: WatchId;
}

/** Plain data. Streams by id, watchers by watch id, `behind` in waiting order. */
export interface WatchHubState {
  readonly heardRevision: Revision;
  readonly streams: readonly {
    readonly id: WatchStreamId;
    readonly nextWatchId: WatchId;
    readonly watchers: readonly Readonly<Watcher>[];
    readonly behind: readonly WatchId[];
  }[];
}

export class WatchHub {
  readonly #streams = new Map<WatchStreamId, Stream>();
  readonly #singles = new Map<KeyText, Set<Watcher>>();
  readonly #ranges = new Set<Watcher>();
  /** The streams with watchers behind: none else need be looked at when something has happened. */
  readonly #behind = new Set<WatchStreamId>();
  /** The newest revision the hub was told of; it must be told of every one. */
  #heardRevision: Revision;

  /** @param revision the store's. */
  constructor(revision: Revision) {
    this.#heardRevision = revision;
  }

  static restore(state: WatchHubState): WatchHub {
    const hub = new WatchHub(state.heardRevision);
    for (const { id, nextWatchId, watchers, behind } of state.streams) {
      const stream: Stream = { watchers: new Map(), behind: new Set(), nextWatchId };
      hub.#streams.set(id, stream);
      for (const watcher of watchers) hub.#enter(stream, { ...watcher });
      for (const watchId of behind) stream.behind.add(stream.watchers.get(watchId)!);
      if (behind.length > 0) hub.#behind.add(id);
    }
    return hub;
  }

  capture(): WatchHubState {
    const streams = [...this.#streams].map(([id, stream]) => ({
      id,
      nextWatchId: stream.nextWatchId,
      watchers: [...stream.watchers.values()].map((watcher) => ({ ...watcher })),
      behind: [...stream.behind].map((watcher) => watcher.watchId),
    }));
    return { heardRevision: this.#heardRevision, streams };
  }

  openStream(id: WatchStreamId): void {
    assert(!this.#streams.has(id), () => `watch stream ${id} is open already`);
    this.#streams.set(id, { watchers: new Map(), behind: new Set(), nextWatchId: 0 });
  }

  /** Ends a stream and its watches. */
  closeStream(id: WatchStreamId): void {
    for (const watcher of [...this.#stream(id).watchers.values()]) this.#leave(watcher);
    this.#streams.delete(id);
    this.#behind.delete(id);
  }

  /** Starts a watch, or tells why etcd would cancel it at once. */
  create(store: KvStore, streamId: WatchStreamId, request: WatchRequest): WatchCreated | EtcdError {
    const stream = this.#stream(streamId);
    const key = request.key.length === 0 ? new Uint8Array([0]) : request.key;
    const span = keySpanOf(key, request.rangeEnd);
    if (span.from >= span.end) return ETCD_ERRORS.watchRangeEmpty;
    if (request.watchId !== AUTO_WATCH_ID && stream.watchers.has(request.watchId)) {
      return ETCD_ERRORS.watchIdDuplicate;
    }

    const { prevKv, noPut, noDelete, startRevision } = request;
    const watcher: Watcher = {
      stream: streamId,
      watchId: request.watchId === AUTO_WATCH_ID ? freshWatchId(stream) : request.watchId,
      span,
      isSingle: request.rangeEnd.length === 0,
      prevKv,
      noPut,
      noDelete,
      cursor: startRevision === 0 ? store.revision + 1 : startRevision,
    };
    this.#enter(stream, watcher);
    if (watcher.cursor <= store.revision) this.#fallBehind(stream, watcher);
    return { kind: "watchCreated", watchId: watcher.watchId, revision: store.revision };
  }

  /** Ends a watch; false when there is none of that id. */
  cancel(streamId: WatchStreamId, watchId: WatchId): boolean {
    const watcher = this.#stream(streamId).watchers.get(watchId);
    if (watcher !== undefined) this.#leave(watcher);
    return watcher !== undefined;
  }

  /** Must be told the events of each new revision, in order. Costs nothing to watchers of other keys. */
  hear(revision: Revision, events: readonly KvEvent[]): void {
    assert(revision === this.#heardRevision + 1, () => `heard of ${revision} after ${this.#heardRevision}`);
    this.#heardRevision = revision;
    for (const { kv } of events) {
      const key = keyTextOf(kv.key);
      for (const watcher of this.#singles.get(key) ?? []) this.#wake(watcher, revision);
      for (const watcher of this.#ranges) {
        if (spanHolds(watcher.span, key)) this.#wake(watcher, revision);
      }
    }
  }

  /** Must be told when a snapshot took the store's place: revisions may have been passed over unheard. */
  storeReplaced(store: KvStore): void {
    const unheard = this.#heardRevision + 1;
    this.#heardRevision = Math.max(this.#heardRevision, store.revision);
    if (unheard > store.revision) return;
    for (const stream of this.#streams.values()) {
      for (const watcher of stream.watchers.values()) {
        // One that waits for a revision still to come has missed nothing.
        if (watcher.cursor <= store.revision) this.#wake(watcher, Math.max(unheard, watcher.cursor));
      }
    }
  }

  /** The streams for which `take` may have a response, in order of their numbers. */
  streamsBehind(): WatchStreamId[] {
    return [...this.#behind].sort((a, b) => a - b);
  }

  /** True when `take` may have a response for the stream. */
  hasResponse(streamId: WatchStreamId): boolean {
    return this.#stream(streamId).behind.size > 0;
  }

  /**
   * The next response for a stream, or null when its watches have heard of everything. Call it only while the client
   * can take more. Watches of one stream take turns.
   */
  take(store: KvStore, streamId: WatchStreamId): WatchResponse | null {
    const { behind } = this.#stream(streamId);
    for (const watcher of behind) {
      behind.delete(watcher);
      if (watcher.cursor < store.compactRevision) {
        this.#leave(watcher);
        return responseTo(watcher, store, { events: [], compactRevision: store.compactRevision });
      }
      const events = readOn(watcher, store);
      if (watcher.cursor <= store.revision) behind.add(watcher);
      if (events.length > 0) return responseTo(watcher, store, { events, compactRevision: null });
    }
    this.#behind.delete(streamId);
    return null;
  }

  /** A progress report: everything up to its revision was told. Null while the watch is behind, or not there. */
  progress(store: KvStore, streamId: WatchStreamId, watchId: WatchId): WatchResponse | null {
    const stream = this.#stream(streamId);
    const watcher = stream.watchers.get(watchId);
    if (watcher === undefined || stream.behind.has(watcher)) return null;
    return responseTo(watcher, store, { events: [], compactRevision: null });
  }

  #stream(id: WatchStreamId): Stream {
    const stream = this.#streams.get(id);
    assert(stream !== undefined, () => `no watch stream ${id}`);
    return stream;
  }

  #enter(stream: Stream, watcher: Watcher): void {
    stream.watchers.set(watcher.watchId, watcher);
    if (!watcher.isSingle) {
      this.#ranges.add(watcher);
      return;
    }
    const ofKey = this.#singles.get(watcher.span.from);
    if (ofKey === undefined) this.#singles.set(watcher.span.from, new Set([watcher]));
    else ofKey.add(watcher);
  }

  #leave(watcher: Watcher): void {
    const stream = this.#stream(watcher.stream);
    stream.watchers.delete(watcher.watchId);
    stream.behind.delete(watcher);
    this.#ranges.delete(watcher);
    const ofKey = this.#singles.get(watcher.span.from);
    ofKey?.delete(watcher);
    if (ofKey?.size === 0) this.#singles.delete(watcher.span.from);
  }

  /** A watcher that had heard of everything has nothing to read before `revision`. */
  #wake(watcher: Watcher, revision: Revision): void {
    const stream = this.#stream(watcher.stream);
    if (stream.behind.has(watcher) || watcher.cursor > revision) return;
    watcher.cursor = revision;
    this.#fallBehind(stream, watcher);
  }

  #fallBehind(stream: Stream, watcher: Watcher): void {
    stream.behind.add(watcher);
    this.#behind.add(watcher.stream);
  }
}

function freshWatchId(stream: Stream): WatchId {
  while (stream.watchers.has(stream.nextWatchId)) stream.nextWatchId += 1;
  return stream.nextWatchId++;
}

/** Moves the cursor over history until a response is full or history ends. */
function readOn(watcher: Watcher, store: KvStore): WatchEvent[] {
  const found: WatchEvent[] = [];
  let revisionCount = 0;
  let sizeBytes = 0;
  for (const { revision, events } of store.changesSince(watcher.cursor)) {
    if (revisionCount >= RESPONSE_REVISIONS_MAX || sizeBytes >= RESPONSE_BYTES_MAX) {
      watcher.cursor = revision;
      return found;
    }
    const countBefore = found.length;
    for (const event of events) {
      if (!wants(watcher, event)) continue;
      found.push({ ...event, prevKv: watcher.prevKv ? pairBefore(store, event) : null });
      sizeBytes += event.kv.key.length + event.kv.value.length;
    }
    if (found.length > countBefore) revisionCount += 1;
  }
  watcher.cursor = store.revision + 1;
  return found;
}

function wants(watcher: Watcher, event: KvEvent): boolean {
  if (event.kind === "put" ? watcher.noPut : watcher.noDelete) return false;
  return spanHolds(watcher.span, keyTextOf(event.kv.key));
}

function pairBefore(store: KvStore, { kind, kv }: KvEvent): KeyValue | null {
  const isCreation = kind === "put" && kv.createRevision === kv.modRevision;
  return isCreation ? null : store.keyValueAt(kv.key, kv.modRevision - 1);
}

function responseTo(
  watcher: Watcher,
  store: KvStore,
  content: Pick<WatchResponse, "events" | "compactRevision">,
): WatchResponse {
  return { kind: "watch", watchId: watcher.watchId, revision: store.revision, ...content };
}
