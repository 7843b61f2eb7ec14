// The index from keys to their versions (etcd's mvcc/index.go and key_index.go). Each key holds a chain of
// records from its newest back to the oldest that compaction left. A deletion stays in the chain as the border
// between two lives of the key (etcd's "generations").
//
//   index["foo"] -> 9 put v2 -> 7 put v1 -> 5 deleted -> 4 put v2 -> 2 put v1
//                   `-------- jump -------------------> 5 ...
//
// Links never change once made, so that the chains may be shared between the store and its keyframes. Every link
// also jumps far back, by the rule of Myers' "applicative random-access stack" (1983): finding the version at an
// old revision takes O(log versions) steps, and adding one takes O(1).

import { assert } from "../base/assert.ts";
import type { Revision } from "../base/ids.ts";
import type { KeySpan, KeyText } from "./key_text.ts";
import { orderedByText, type OrderedMap } from "./ordered_map.ts";
import { isDeletion, type KvRecord } from "./record.ts";

interface VersionLink {
  readonly record: KvRecord;
  readonly older: VersionLink | null;
  /** A link further back than `older`, or `older` itself; null in the oldest link alone. */
  readonly jump: VersionLink | null;
  /** Count of older links. */
  readonly depth: number;
}

export interface KeyIndexState {
  readonly newest: OrderedMap<KeyText, VersionLink>;
  readonly liveCount: number;
}

export class KeyIndex {
  readonly #newest: OrderedMap<KeyText, VersionLink>;
  #liveCount: number;

  constructor(state?: KeyIndexState) {
    this.#newest = state === undefined ? orderedByText() : state.newest.clone();
    this.#liveCount = state === undefined ? 0 : state.liveCount;
  }

  /** A frozen copy, in O(1). */
  capture(): KeyIndexState {
    return { newest: this.#newest.clone(), liveCount: this.#liveCount };
  }

  /** Keys that live now. */
  get liveCount(): number {
    return this.#liveCount;
  }

  /** The key's newest record, deletions included. */
  newest(key: KeyText): KvRecord | undefined {
    return this.#newest.get(key)?.record;
  }

  /** The key's version at `revision`, or undefined when it did not live then. */
  at(key: KeyText, revision: Revision): KvRecord | undefined {
    return liveAt(this.#newest.get(key), revision);
  }

  /** Calls `onFound` with each key of the span that lived at `revision`, in key order. It must not change the index. */
  forSpan(span: KeySpan, revision: Revision, onFound: (record: KvRecord, key: KeyText) => void): void {
    if (span.from >= span.end) return;
    this.#newest.forRange(span.from, span.end, false, (key, newest) => {
      const record = liveAt(newest, revision);
      if (record !== undefined) onFound(record, key);
    });
  }

  /** Makes `record` the newest of its key. */
  add(key: KeyText, record: KvRecord): void {
    const older = this.#newest.get(key) ?? null;
    assert(
      older === null || isLater(record, older.record),
      () => `revision ${record.kv.modRevision}.${record.sub} is not after the key's newest`,
    );
    const livedBefore = older !== null && !isDeletion(older.record);
    assert(livedBefore || !isDeletion(record), () => `deleting a key that does not live`);
    this.#newest.set(key, linkOnto(older, record));
    this.#liveCount += Number(!isDeletion(record)) - Number(livedBefore);
  }

  /**
   * Forgets what the key was before `revision`: of the records at or before it the newest alone stays, and only
   * if it is a put. Returns the records forgotten. (mvcc/key_index.go: compact)
   */
  compactKey(key: KeyText, revision: Revision): KvRecord[] {
    const newest = this.#newest.get(key);
    assert(newest !== undefined, "compacting a key that the index does not know");
    const later: KvRecord[] = [];
    let link: VersionLink | null = newest;
    for (; link !== null && link.record.kv.modRevision > revision; link = link.older) later.push(link.record);
    if (link === null) return [];

    const kept = isDeletion(link.record) ? null : link.record;
    const forgotten: KvRecord[] = [];
    for (let old = kept === null ? link : link.older; old !== null; old = old.older) {
      forgotten.push(old.record);
    }
    if (forgotten.length === 0) return forgotten;

    let chain = kept === null ? null : linkOnto(null, kept);
    for (const record of later.reverse()) chain = linkOnto(chain, record);
    if (chain === null) this.#newest.delete(key);
    else this.#newest.set(key, chain);
    return forgotten;
  }
}

function linkOnto(older: VersionLink | null, record: KvRecord): VersionLink {
  if (older === null) return { record, older: null, jump: null, depth: 0 };
  const near = older.jump;
  const far = near === null ? null : near.jump;
  // Two equal leaps in a row are joined into one: leaps then have the lengths of a skew-binary number.
  const joins = near !== null && far !== null && older.depth - near.depth === near.depth - far.depth;
  return { record, older, jump: joins ? far : older, depth: older.depth + 1 };
}

function liveAt(newest: VersionLink | undefined, revision: Revision): KvRecord | undefined {
  let link: VersionLink | null = newest ?? null;
  while (link !== null && link.record.kv.modRevision > revision) {
    const jump: VersionLink | null = link.jump;
    link = jump !== null && jump.record.kv.modRevision > revision ? jump : link.older;
  }
  return link === null || isDeletion(link.record) ? undefined : link.record;
}

function isLater(a: KvRecord, b: KvRecord): boolean {
  return a.kv.modRevision > b.kv.modRevision || (a.kv.modRevision === b.kv.modRevision && a.sub > b.sub);
}
