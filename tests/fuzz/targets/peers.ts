// What members send each other.

import assert from "node:assert/strict";
import { concatBytes, fromHex, utf8 } from "../../../core/base/bytes.ts";
import { memberIdOf } from "../../../core/base/ids.ts";
import { putRequest, txnRequest } from "../../../core/kv/requests.ts";
import { type Message, message } from "../../../core/raft/message.ts";
import type { ConfChange, Snapshot } from "../../../core/raft/types.ts";
import { decodeOrExplain, type Malformed } from "../../../core/wire/border.ts";
import { encodeConfChange, readConfChange } from "../../../core/wire/conf_change_codec.ts";
import {
  decodeMemberContext,
  encodeMemberContext,
  memberContext,
} from "../../../core/wire/member_context.ts";
import {
  decodeConfState,
  decodeMessage,
  decodeSnapshot,
  encodeConfState,
  encodeMessage,
  encodeSnapshot,
} from "../../../core/wire/peer_codec.ts";
import { decodeLogCommand, encodeLogCommand, type LogRequest } from "../../../core/wire/request_codec.ts";
import { decodeTalk, encodeTalk, type Talk } from "../../../core/wire/talk_codec.ts";
import { membersFromJson, membersToJson } from "../../../workers/deno/members_json.ts";
import { FrameReader, isLinkHeartbeat, isSnapshot, joinFrames } from "../../../workers/deno/peer_frames.ts";
import { mutateBytes } from "../mutate_bytes.ts";
import { mutateProto } from "../mutate_proto.ts";
import { mutateJson } from "../mutate_text.ts";
import { type Target } from "../target.ts";
import { cutInPieces } from "./pieces.ts";

const [A, B] = [memberIdOf(1), memberIdOf(2)];
const ADD: ConfChange = {
  transition: "auto",
  changes: [{ kind: "addLearner", member: memberIdOf(9) }],
  context: encodeMemberContext(
    memberContext({ id: memberIdOf(9), name: "infra9", peerUrls: ["http://10.0.0.9:2380"], isLearner: true }),
  ),
  requestId: 0xffff_ffff_ffff_fff0n,
};
const JOINT: ConfChange = {
  transition: "explicit",
  changes: [{ kind: "remove", member: B }, { kind: "addVoter", member: memberIdOf(3) }],
  context: utf8(""),
  requestId: 0n,
};
const SNAPSHOT: Snapshot = {
  meta: {
    index: 300,
    term: 4,
    confState: {
      voters: [A, B],
      learners: [memberIdOf(9)],
      votersOutgoing: [memberIdOf(3)],
      learnersNext: [memberIdOf(4)],
      autoLeave: true,
    },
  },
  data: utf8("the state"),
};

function someMessages(): Message[] {
  const ends = { from: A, to: B, term: 7 };
  const put = encodeLogCommand("12baa1f881b89b05", putRequest({ key: utf8("foo"), value: utf8("bar") }));
  return [
    message({ kind: "heartbeat", ...ends, commit: 12, context: fromHex("1fc4a1f88cf16503") }),
    message({ kind: "vote", ...ends, logTerm: 6, index: 90, context: utf8("CampaignTransfer") }),
    message({ kind: "appendReply", ...ends, index: 90, reject: true, rejectHint: 88, logTerm: 5 }),
    message({
      kind: "append",
      ...ends,
      logTerm: 6,
      index: 90,
      commit: 89,
      entries: [
        { index: 91, term: 7, kind: "normal", data: utf8("") },
        { index: 92, term: 7, kind: "normal", data: put },
        { index: 93, term: 7, kind: "confChangeV1", data: encodeConfChange(ADD, "confChangeV1") },
        { index: 94, term: 7, kind: "confChangeV2", data: encodeConfChange(JOINT, "confChangeV2") },
      ],
    }),
    message({ kind: "snapshot", ...ends, snapshot: SNAPSHOT }),
  ];
}

/** Decodes, and what was decoded survives the way out and in again. */
function roundTrip<T extends object>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => T,
  encode: (value: Exclude<T, Malformed>) => Uint8Array,
): boolean {
  const decoded = decode(bytes);
  if ("kind" in decoded && decoded.kind === "malformed") return false;
  const value = decoded as Exclude<T, Malformed>;
  assert.deepEqual(decode(encode(value)), value, "it does not come back as it was");
  return true;
}

const LOG_REQUESTS: readonly LogRequest[] = [
  putRequest({ key: utf8("foo"), value: utf8("bar"), lease: "12baa1f881b89b07", prevKv: true }),
  txnRequest({ success: [putRequest({ key: utf8("a"), value: utf8("1") })], failure: [] }),
  { kind: "compact", revision: 7, physical: true },
  { kind: "leaseGrant", id: "12baa1f881b89b07", ttl: 60 },
  { kind: "alarm", action: "activate", member: A, alarm: "noSpace" },
  { kind: "publish", member: A, name: "infra1", clientUrls: ["http://127.0.0.1:2379"] },
  { kind: "clusterVersion", version: "3.4.0" },
];

const TALKS: readonly Talk[] = [
  {
    from: A,
    to: B,
    startId: 1,
    askId: 2,
    kind: "ask",
    question: { kind: "leaseKeepAlive", id: "000000000000000a" },
  },
  { from: A, to: B, startId: 1, askId: 3, kind: "ask", question: { kind: "memberPromote", member: B } },
  {
    ...{ from: B, to: A, startId: 1, askId: 4, kind: "tell" },
    answer: { kind: "leaseTimeToLive", id: "000000000000000a", ttl: 5, grantedTtl: 60, keys: [utf8("k")] },
  },
  {
    ...{ from: B, to: A, startId: 1, askId: 5, kind: "tell" },
    answer: {
      kind: "members",
      members: [{ id: A, name: "n", peerUrls: ["http://x:1"], clientUrls: [], isLearner: false }],
      changed: null,
    },
  },
];

export const PEER_TARGETS: readonly Target[] = [
  {
    name: "peer_message",
    seeds: () => someMessages().map(encodeMessage),
    mutators: [mutateProto, mutateBytes],
    run: (bytes) => roundTrip(bytes, decodeMessage, encodeMessage),
  },
  {
    name: "raft_snapshot",
    seeds: () => [encodeSnapshot(SNAPSHOT)],
    mutators: [mutateProto, mutateBytes],
    run: (bytes) => roundTrip(bytes, decodeSnapshot, encodeSnapshot),
  },
  {
    name: "conf_state",
    seeds: () => [encodeConfState(SNAPSHOT.meta.confState)],
    mutators: [mutateProto, mutateBytes],
    run: (bytes) => roundTrip(bytes, decodeConfState, ({ state }) => encodeConfState(state)),
  },
  {
    name: "conf_change",
    seeds: () => [encodeConfChange(ADD, "confChangeV1"), encodeConfChange(JOINT, "confChangeV2")],
    mutators: [mutateProto, mutateBytes],
    run: (bytes) => {
      const isV1 = roundTrip(
        bytes,
        (wire) => decodeOrExplain(() => readConfChange("confChangeV1", wire)),
        (change) => encodeConfChange(change, "confChangeV1"),
      );
      const isV2 = roundTrip(
        bytes,
        (wire) => decodeOrExplain(() => readConfChange("confChangeV2", wire)),
        (change) => encodeConfChange(change, "confChangeV2"),
      );
      return isV1 || isV2;
    },
  },
  {
    name: "member_context",
    seeds: () => [ADD.context, utf8('{"id":18446744073709551615,"peerURLs":null,"isPromote":true}')],
    mutators: [mutateJson, mutateBytes],
    run: (bytes) => roundTrip(bytes, decodeMemberContext, encodeMemberContext),
  },
  {
    name: "members_json",
    seeds: () => {
      const { id } = memberContext({ id: A });
      const info = { id, name: "a", peerUrls: ["http://x:1"], clientUrls: ["http://x:2"], isLearner: false };
      return [utf8(membersToJson([info, { ...info, id: B, isLearner: true }]))];
    },
    mutators: [mutateJson, mutateBytes],
    run: (bytes) => membersFromJson(new TextDecoder().decode(bytes)) !== null,
  },
  {
    name: "log_command",
    seeds: () => LOG_REQUESTS.map((request, i) => encodeLogCommand(`000000000000000${i + 1}`, request)),
    mutators: [mutateProto, mutateBytes],
    run: (bytes) => {
      const command = decodeLogCommand(bytes);
      if (command.kind === "malformed") return false;
      // A request without a number is never proposed; everything else can be said again.
      if (/^0*$/.test(command.id)) return true;
      assert.deepEqual(
        decodeLogCommand(encodeLogCommand(command.id, command.request, command.auth)),
        command,
      );
      return true;
    },
  },
  {
    name: "talk",
    seeds: () => TALKS.map(encodeTalk),
    mutators: [
      (prng, bytes, others) =>
        concatBytes([bytes.subarray(0, 1), mutateJson(prng, bytes.subarray(1), others)]),
      mutateBytes,
    ],
    run: (bytes) => roundTrip(bytes, decodeTalk, encodeTalk),
  },
  {
    name: "peer_stream",
    seeds: () => [joinFrames(someMessages().map(encodeMessage)), joinFrames([utf8(""), utf8("x")])],
    mutators: [mutateBytes],
    run: (bytes) => {
      const whole = new FrameReader(1 << 20).take(bytes);
      const reader = new FrameReader(1 << 20);
      const pieces: Uint8Array[] = [];
      let isBroken = false;
      for (const piece of cutInPieces(bytes)) {
        const frames = isBroken ? null : reader.take(piece);
        if (frames === null) isBroken = true;
        else pieces.push(...frames);
      }
      assert.equal(isBroken, whole === null, "whether it is broken depends on how it was cut");
      if (whole === null) return false;
      assert.deepEqual(pieces.map(String), whole.map(String), "the frames depend on how the stream was cut");
      for (const frame of whole) {
        isLinkHeartbeat(frame);
        isSnapshot(frame);
        decodeMessage(frame);
      }
      return true;
    },
  },
];
