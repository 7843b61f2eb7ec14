// The Election service: who is first in line leads, and its key's value is what it proclaims.
// (clientv3/concurrency/election.go, api/v3election)

import { EMPTY_BYTES, toHex } from "../base/bytes.ts";
import { otherError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import {
  compare,
  deleteRangeRequest,
  type KeyValue,
  type LeaseId,
  prefixEnd,
  putRequest,
  rangeRequest,
  type RequestOp,
  type TxnRequest,
  txnRequest,
} from "../kv/requests.ts";
import { Election, type LeaderKey } from "../wire/gen/v3election_pb.ts";
import {
  keyValueToWire,
  leaseFromWire,
  leaseToWire,
  saturate,
  type WireHeader,
} from "../wire/kv_messages.ts";
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
import { followRecipe, type Recipe, type RecipeEvents, type RecipePart } from "./recipe.ts";

const NO_LEADER = otherError("election: no leader");
const NOT_LEADER = otherError("election: not leader");
const MISSING_LEADER = otherError('"leader" field must be provided');

/** A leader's key and the revision that created it: together they name one leadership. */
interface Leadership {
  readonly key: Uint8Array;
  readonly revision: Revision;
  readonly lease: LeaseId;
}

interface HeaderFields {
  readonly header: WireHeader;
}

interface LeaderFields extends HeaderFields {
  readonly kv: ReturnType<typeof keyValueToWire>;
}

interface CampaignFields extends HeaderFields {
  readonly leader: {
    readonly name: Uint8Array;
    readonly key: Uint8Array;
    readonly rev: bigint;
    readonly lease: bigint;
  };
}

export const ELECTION_CALLS: readonly CallMethod<MemberCall>[] = [
  call(
    Election.method.campaign,
    ({ member }: MemberCall, reply) =>
      followRecipe(
        member,
        reply,
        ({ name, lease, value }) => campaign(name, leaseFromWire(lease), value),
      ),
  ),
  call(
    Election.method.proclaim,
    ({ member }: MemberCall, reply) =>
      followRecipe(member, reply, ({ leader, value }) => proclaim(leader, value)),
  ),
  call(
    Election.method.leader,
    ({ member }: MemberCall, reply) => followRecipe(member, reply, ({ name }) => leader(name)),
  ),
  call(
    Election.method.observe,
    ({ member }: MemberCall, reply) => followRecipe(member, reply, ({ name }) => observe(name)),
  ),
  call(
    Election.method.resign,
    ({ member }: MemberCall, reply) => followRecipe(member, reply, ({ leader }) => resign(leader)),
  ),
];

function* campaign(name: Uint8Array, givenLease: LeaseId, value: Uint8Array): Recipe<CampaignFields> {
  const lease = givenLease === "" ? yield* grantSession() : givenLease;
  const prefix = prefixOf(name);
  const key = keyOf(prefix, lease);
  let answer = (yield {
    kind: "ask",
    request: txnRequest({
      compare: [compare({ key, target: { kind: "create", value: 0 } })],
      success: [putRequest({ key, value, lease })],
      failure: [rangeRequest({ key })],
    }),
  }) as Answer;
  const { succeeded, revision, responses } = resultOf(answer, "txn");
  const own = succeeded ? null : firstOf(responses[0])!;
  const leadership: Leadership = { key, lease, revision: own ? own.createRevision : revision };
  const leaveLine = whileLeading(leadership, deleteRangeRequest({ key }));
  if (own && toHex(own.value) !== toHex(value)) {
    // This owner stands in line already, with another value.
    yield { kind: "undoBy", whenCancelled: leaveLine, whenFailed: leaveLine };
    const said = yield* put(leadership, value);
    if (!said) return NOT_LEADER;
    answer = said;
  }
  yield { kind: "undoBy", whenCancelled: leaveLine, whenFailed: null };
  if (!(yield* untilFirstInLine(prefix, leadership.revision))) return LOST_WATCH;
  const rev = BigInt(leadership.revision);
  yield {
    kind: "send",
    fields: { header: headerOf(answer), leader: { name, key, rev, lease: leaseToWire(lease) } },
  };
  return null;
}

function* proclaim(leader: LeaderKey | undefined, value: Uint8Array): Recipe<HeaderFields> {
  if (!leader) return MISSING_LEADER;
  const said = yield* put(leadershipOf(leader), value);
  if (!said) return NOT_LEADER;
  yield { kind: "send", fields: { header: headerOf(said) } };
  return null;
}

function* leader(name: Uint8Array): Recipe<LeaderFields> {
  const answer = (yield { kind: "ask", request: firstCreated(prefixOf(name)) }) as Answer;
  const kv = resultOf(answer, "range").kvs[0];
  if (!kv) return NO_LEADER;
  yield { kind: "send", fields: { header: headerOf(answer), kv: keyValueToWire(kv) } };
  return null;
}

/** Whoever was the leader long ago may resign too: nothing happens then, and all is well. */
function* resign(leader: LeaderKey | undefined): Recipe<HeaderFields> {
  if (!leader) return MISSING_LEADER;
  const leadership = leadershipOf(leader);
  const request = whileLeading(leadership, deleteRangeRequest({ key: leadership.key }));
  const answer = (yield { kind: "ask", request }) as Answer;
  yield { kind: "send", fields: { header: headerOf(answer) } };
  return null;
}

/** Every value that leaders proclaim, from the present one on; leaders that come and go unseen are passed over. */
function* observe(name: Uint8Array): Recipe<LeaderFields> {
  const prefix = prefixOf(name);
  for (;;) {
    const answer = (yield { kind: "ask", request: firstCreated(prefix) }) as Answer;
    const present = resultOf(answer, "range").kvs[0];
    const found = present
      ? { kv: present, header: headerOf(answer) }
      : yield* untilSomeoneLeads(prefix, resultOf(answer, "range").revision);
    if (!found) return null;
    const { kv, header } = found;
    yield { kind: "send", fields: { header, kv: keyValueToWire(kv) } };

    const startRevision = Number(header.revision) + 1;
    yield { kind: "watch", key: kv.key, rangeEnd: EMPTY_BYTES, startRevision };
    for (let isGone = false; !isGone;) {
      const heard = (yield { kind: "events" }) as RecipeEvents | null;
      if (!heard) return null;
      for (const event of heard.events) {
        isGone = event.kind === "delete";
        if (isGone) break;
        yield { kind: "send", fields: { header: headerOf(heard.answer), kv: keyValueToWire(event.kv) } };
      }
    }
  }
}

function* untilSomeoneLeads(
  prefix: Uint8Array,
  startRevision: Revision,
): RecipePart<{ readonly kv: KeyValue; readonly header: WireHeader } | null> {
  yield { kind: "watch", key: prefix, rangeEnd: prefixEnd(prefix), startRevision };
  for (;;) {
    const heard = (yield { kind: "events" }) as RecipeEvents | null;
    if (!heard) return null;
    const put = heard.events.find((event) => event.kind === "put");
    // The response may know of later revisions; what follows is watched from right after this one.
    if (put) {
      return { kv: put.kv, header: { ...headerOf(heard.answer), revision: BigInt(put.kv.modRevision) } };
    }
  }
}

/** Null when that leadership is over. */
function* put(leadership: Leadership, value: Uint8Array): RecipePart<Answer | null> {
  const { key, lease } = leadership;
  const request = whileLeading(leadership, putRequest({ key, value, lease }));
  const answer = (yield { kind: "ask", request }) as Answer;
  return resultOf(answer, "txn").succeeded ? answer : null;
}

function whileLeading({ key, revision }: Leadership, op: RequestOp): TxnRequest {
  return txnRequest({
    compare: [compare({ key, target: { kind: "create", value: revision } })],
    success: [op],
  });
}

function leadershipOf({ key, rev, lease }: LeaderKey): Leadership {
  return { key, revision: saturate(rev), lease: leaseFromWire(lease) };
}
