// Membership changes as bytes: raftpb.ConfChange (one change, with the proposer's request id) and raftpb.ConfChangeV2
// (several changes, with a transition). They are rare, so the generated schema does the work.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { assert } from "../base/assert.ts";
import { EMPTY_BYTES } from "../base/bytes.ts";
import type { MemberId } from "../base/ids.ts";
import type { ConfChangeCodec, ConfChangeEntryKind } from "../raft/conf_change_codec.ts";
import type { ConfChange, ConfChangeKind, ConfChangeSingle, ConfChangeTransition } from "../raft/types.ts";
import {
  ConfChangeSchema,
  ConfChangeTransition as WireTransition,
  ConfChangeType,
  ConfChangeV2Schema,
} from "./gen/raft_pb.ts";
import { idToUint64, invert, MalformedBytes, uint64ToId } from "./border.ts";

const CHANGE_TYPES: Readonly<Record<ConfChangeKind, ConfChangeType>> = {
  addVoter: ConfChangeType.ConfChangeAddNode,
  remove: ConfChangeType.ConfChangeRemoveNode,
  update: ConfChangeType.ConfChangeUpdateNode,
  addLearner: ConfChangeType.ConfChangeAddLearnerNode,
};
const TRANSITIONS: Readonly<Record<ConfChangeTransition, WireTransition>> = {
  auto: WireTransition.ConfChangeTransitionAuto,
  implicit: WireTransition.ConfChangeTransitionJointImplicit,
  explicit: WireTransition.ConfChangeTransitionJointExplicit,
};
const CHANGE_KINDS = invert(CHANGE_TYPES);
const TRANSITION_NAMES = invert(TRANSITIONS);

/** Room for the change and the member's JSON; bounds what a small hostile entry can make us build. */
export const CONF_CHANGE_BYTES_MAX = 64 * 1024;

/** The codec that raft is given, so that it need not know the wire. */
export const confChangeCodec: ConfChangeCodec = { encode: encodeConfChange, decode: decodeConfChange };

/**
 * The entry data for a change. "confChangeV1" carries exactly one change and no transition, "confChangeV2" no
 * request id.
 * @throws InvariantViolation when the kind cannot carry the change.
 */
export function encodeConfChange(change: ConfChange, kind: ConfChangeEntryKind): Uint8Array {
  const context = change.context.length > 0 ? change.context : undefined;
  if (kind === "confChangeV2") {
    assert(change.requestId === 0n, "a ConfChangeV2 has no place for a request id");
    return toBinary(
      ConfChangeV2Schema,
      create(ConfChangeV2Schema, {
        transition: TRANSITIONS[change.transition],
        changes: change.changes.map(({ kind, member }) => ({
          type: CHANGE_TYPES[kind],
          nodeId: idToUint64(member),
        })),
        ...(context && { context }),
      }),
    );
  }
  const [single] = change.changes;
  assert(single !== undefined && change.changes.length === 1, "a ConfChange carries one change");
  assert(change.transition === "auto", "a ConfChange has no place for a transition");
  return toBinary(
    ConfChangeSchema,
    create(ConfChangeSchema, {
      id: change.requestId,
      type: CHANGE_TYPES[single.kind],
      nodeId: idToUint64(single.member),
      ...(context && { context }),
    }),
  );
}

/**
 * The change in a log entry.
 * @throws InvariantViolation when there is none: entries come from our own disk, whose checksums hold, or through
 * `decodeMessage`, which refuses unreadable conf changes.
 */
export function decodeConfChange(kind: ConfChangeEntryKind, data: Uint8Array): ConfChange {
  try {
    return readConfChange(kind, data);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    assert(false, `unreadable ${kind} entry: ${why}`);
  }
}

/** As `decodeConfChange`, for data from outside. @throws MalformedBytes, or what the protobuf reader throws. */
export function readConfChange(kind: ConfChangeEntryKind, data: Uint8Array): ConfChange {
  if (data.length > CONF_CHANGE_BYTES_MAX) throw new MalformedBytes(`conf change of ${data.length} bytes`);
  if (kind === "confChangeV1") {
    const wire = fromBinary(ConfChangeSchema, data);
    return {
      transition: "auto",
      changes: [readSingle(wire)],
      context: wire.context.length > 0 ? wire.context.slice() : EMPTY_BYTES,
      requestId: wire.id,
    };
  }
  // No bytes at all are a valid ConfChangeV2: that is how raft itself leaves a joint configuration.
  const wire = fromBinary(ConfChangeV2Schema, data);
  const transition = TRANSITION_NAMES.get(wire.transition);
  if (transition === undefined) throw new MalformedBytes(`conf change transition ${wire.transition}`);
  return {
    transition,
    changes: wire.changes.map(readSingle),
    context: wire.context.length > 0 ? wire.context.slice() : EMPTY_BYTES,
    requestId: 0n,
  };
}

function readSingle(wire: { readonly type: number; readonly nodeId: bigint }): ConfChangeSingle {
  const kind = CHANGE_KINDS.get(wire.type);
  if (kind === undefined) throw new MalformedBytes(`conf change type ${wire.type}`);
  if (wire.nodeId === 0n) throw new MalformedBytes("conf change of member 0");
  return { kind, member: uint64ToId(wire.nodeId) as MemberId };
}
