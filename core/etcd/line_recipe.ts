// What locks and elections have in common: owners stand in line under a prefix, each with a key that hangs on its lease,
// in the order in which the keys were created; whoever has nobody before it has its turn.
// (clientv3/concurrency/session.go and key.go)

import { concatBytes, EMPTY_BYTES, utf8 } from "../base/bytes.ts";
import { otherError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import {
  type KeyValue,
  type LeaseId,
  prefixEnd,
  type RangeRequest,
  rangeRequest,
  type ResponseOp,
} from "../kv/requests.ts";
import { idToInt64 } from "../wire/border.ts";
import { type Answer, resultOf } from "./answers.ts";
import type { RecipeEvents, RecipePart } from "./recipe.ts";

/** Seconds that an owner without a lease of its own gets. (concurrency's defaultSessionTTL) */
const SESSION_TTL = 60;

/** etcd's words when a watch ends under someone who waits. */
export const LOST_WATCH = otherError("lost watcher waiting for delete");

/** A lease for a client that brought none. Nobody keeps it alive. */
export function* grantSession(): RecipePart<LeaseId> {
  const answer = (yield { kind: "ask", request: { kind: "leaseGrant", id: "", ttl: SESSION_TTL } }) as Answer;
  return resultOf(answer, "leaseGrant").id;
}

/**
 * Waits until no key under the prefix is older than the one created at `revision`.
 * @returns the answer of the last look; null when the watch was lost.
 */
export function* untilFirstInLine(prefix: Uint8Array, revision: Revision): RecipePart<Answer | null> {
  const justBefore: RangeRequest = {
    ...firstCreated(prefix),
    sortOrder: "descend",
    maxCreateRevision: revision - 1,
  };
  for (;;) {
    const answer = (yield { kind: "ask", request: justBefore }) as Answer;
    const { kvs, revision: startRevision } = resultOf(answer, "range");
    if (!kvs[0]) return answer;
    // Each waits for the one before it alone, so that a turn wakes one waiter and not all.
    yield { kind: "watch", key: kvs[0].key, rangeEnd: EMPTY_BYTES, startRevision };
    for (let isGone = false; !isGone;) {
      const heard = (yield { kind: "events" }) as RecipeEvents | null;
      if (!heard) return null;
      isGone = heard.events.some((event) => event.kind === "delete");
    }
  }
}

/** All keys of a name lie under it and a slash. */
export function prefixOf(name: Uint8Array): Uint8Array {
  return concatBytes([name, utf8("/")]);
}

/** An owner's key: its lease in hex, as Go prints it, under the prefix. */
export function keyOf(prefix: Uint8Array, lease: LeaseId): Uint8Array {
  return concatBytes([prefix, utf8(idToInt64(lease).toString(16))]);
}

/** Of the keys under the prefix, the one created first. */
export function firstCreated(prefix: Uint8Array): RangeRequest {
  return rangeRequest({
    key: prefix,
    rangeEnd: prefixEnd(prefix),
    limit: 1,
    sortTarget: "create",
    sortOrder: "ascend",
  });
}

/** The first pair of a range inside a transaction. */
export function firstOf(response: ResponseOp | undefined): KeyValue | undefined {
  return response?.kind === "range" ? response.kvs[0] : undefined;
}
