// The Lock service: who is first in line holds the lock. (clientv3/concurrency/mutex.go, api/v3lock)

import {
  compare,
  deleteRangeRequest,
  type LeaseId,
  putRequest,
  rangeRequest,
  txnRequest,
} from "../kv/requests.ts";
import { Lock } from "../wire/gen/v3lock_pb.ts";
import { leaseFromWire, type WireHeader } from "../wire/kv_messages.ts";
import { call, type CallMethod } from "../wire/rpc.ts";
import { type Answer, headerOf, resultOf } from "./answers.ts";
import {
  firstCreated,
  firstOf,
  grantSession,
  keyOf,
  LOST_WATCH,
  prefixOf,
  untilFirstInLine,
} from "./line_recipe.ts";
import type { MemberCall } from "./member_port.ts";
import { followRecipe, type Recipe } from "./recipe.ts";

interface LockFields {
  readonly header: WireHeader;
  /** Unlocks, and ends with its owner's lease. */
  readonly key: Uint8Array;
}

export const LOCK_CALLS: readonly CallMethod<MemberCall>[] = [
  call(
    Lock.method.lock,
    ({ member }: MemberCall, reply) =>
      followRecipe(member, reply, ({ name, lease }) => lock(name, leaseFromWire(lease))),
  ),
  call(
    Lock.method.unlock,
    ({ member }: MemberCall, reply) => followRecipe(member, reply, ({ key }) => unlock(key)),
  ),
];

function* lock(name: Uint8Array, givenLease: LeaseId): Recipe<LockFields> {
  const lease = givenLease === "" ? yield* grantSession() : givenLease;
  const prefix = prefixOf(name);
  const key = keyOf(prefix, lease);
  const answer = (yield {
    kind: "ask",
    request: txnRequest({
      compare: [compare({ key, target: { kind: "create", value: 0 } })],
      success: [putRequest({ key, lease }), firstCreated(prefix)],
      // This owner stands in line, or holds the lock, already.
      failure: [rangeRequest({ key }), firstCreated(prefix)],
    }),
  }) as Answer;
  const { succeeded, revision, responses } = resultOf(answer, "txn");
  const place = succeeded ? revision : firstOf(responses[0])!.createRevision;
  const first = firstOf(responses[1]);
  if (!first || first.createRevision === place) {
    yield { kind: "send", fields: { header: headerOf(answer), key } };
    return null;
  }
  const leaveLine = deleteRangeRequest({ key });
  yield { kind: "undoBy", whenCancelled: leaveLine, whenFailed: leaveLine };
  const alone = yield* untilFirstInLine(prefix, place);
  if (!alone) return LOST_WATCH;
  yield { kind: "send", fields: { header: headerOf(alone), key } };
  return null;
}

function* unlock(key: Uint8Array): Recipe<{ readonly header: WireHeader }> {
  const answer = (yield { kind: "ask", request: deleteRangeRequest({ key }) }) as Answer;
  yield { kind: "send", fields: { header: headerOf(answer) } };
  return null;
}
