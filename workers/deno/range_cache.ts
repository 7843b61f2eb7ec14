// Answers to reads that a grpc-proxy may give again: serializable ones, which ask for no freshness, until something in
// their range is written through this proxy. (proxy/grpcproxy/cache)

import { toHex } from "../../core/base/bytes.ts";
import type { GrpcAnswer } from "./grpc_server.ts";

/** Which keys a request is about, as etcd's messages say it. */
export interface KeyRange {
  readonly key: Uint8Array;
  /** Empty: the key alone. A zero byte: all from the key on. */
  readonly rangeEnd: Uint8Array;
}

/** (cache.DefaultMaxEntries) */
const ENTRIES_MAX = 2048;

interface CachedAnswer extends KeyRange {
  readonly answer: GrpcAnswer;
  /** The revision that was asked for; 0 for the newest. */
  readonly revision: bigint;
}

export class RangeCache {
  /** By the request's bytes, the least recently used first. */
  readonly #answers = new Map<string, CachedAnswer>();

  get(request: Uint8Array): GrpcAnswer | null {
    const key = toHex(request);
    const found = this.#answers.get(key);
    if (found === undefined) return null;
    this.#answers.delete(key);
    this.#answers.set(key, found);
    return found.answer;
  }

  add(request: Uint8Array, range: KeyRange, revision: bigint, answer: GrpcAnswer): void {
    this.#answers.set(toHex(request), { key: range.key, rangeEnd: range.rangeEnd, revision, answer });
    if (this.#answers.size <= ENTRIES_MAX) return;
    const [oldest] = this.#answers.keys();
    this.#answers.delete(oldest!);
  }

  /** Something in the range is being written: what is known of it is old. The past stays what it was. */
  invalidate(written: KeyRange): void {
    for (const [key, cached] of this.#answers) {
      if (cached.revision === 0n && overlap(cached, written)) this.#answers.delete(key);
    }
  }

  /** History before the revision is gone; answers from it must be, too. */
  compact(revision: bigint): void {
    for (const [key, cached] of this.#answers) {
      if (cached.revision !== 0n && cached.revision < revision) this.#answers.delete(key);
    }
  }
}

function overlap(a: KeyRange, b: KeyRange): boolean {
  return startsBeforeEnd(a, b) && startsBeforeEnd(b, a);
}

function startsBeforeEnd(inner: KeyRange, outer: KeyRange): boolean {
  const { key, rangeEnd } = outer;
  if (rangeEnd.length === 0) return compareBytes(inner.key, key) <= 0;
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return true;
  return compareBytes(inner.key, rangeEnd) < 0;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
