// raftpb.Message by hand against raftpb.Message by schema, and against strangers.

import { create, toBinary } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { InvariantViolation } from "../../../core/base/assert.ts";
import { fromHex, toHex, utf8 } from "../../../core/base/bytes.ts";
import { memberId, memberIdOf } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import { type Message, message, type MessageKind } from "../../../core/raft/message.ts";
import type { ConfChange, Entry, EntryKind } from "../../../core/raft/types.ts";
import { decodeConfChange, encodeConfChange } from "../../../core/wire/conf_change_codec.ts";
import { EntrySchema, MessageSchema, type MessageType } from "../../../core/wire/gen/raft_pb.ts";
import {
  decodeConfState,
  decodeMessage,
  decodeSnapshot,
  encodeConfState,
  encodeMessage,
  encodeSnapshot,
} from "../../../core/wire/peer_codec.ts";

const KIND_NUMBERS: Record<MessageKind, MessageType> = {
  propose: 2,
  append: 3,
  appendReply: 4,
  vote: 5,
  voteReply: 6,
  snapshot: 7,
  heartbeat: 8,
  heartbeatReply: 9,
  transferLeader: 13,
  timeoutNow: 14,
  readIndex: 15,
  readIndexReply: 16,
  preVote: 17,
  preVoteReply: 18,
};
const ENTRY_NUMBERS = { normal: 0, confChangeV1: 1, confChangeV2: 2 } as const;
const ADD: ConfChange = {
  transition: "auto",
  changes: [{ kind: "addLearner", member: memberIdOf(9) }],
  context: utf8("{}"),
  requestId: 0xffff_ffff_ffff_fff0n,
};

Deno.test("every message is written as the schema writes it, with zeros present, and reads back equal", () => {
  const prng = new Prng(1);

  for (let round = 0; round < 600; round++) {
    const original = randomMessage(prng);
    const bytes = encodeMessage(original);
    assert.equal(toHex(bytes), toHex(toBinary(MessageSchema, bySchema(original))));
    assert.deepEqual(decodeMessage(bytes), original);
  }
});

/** One message of each kind that two members of a real etcd 3.4.23 sent each other, with --pre-vote and a transfer. */
const FROM_ETCD: readonly [MessageKind, string][] = [
  [
    "preVoteReply",
    "081210c4abb4ba8ea5fd9b9a0118ae8f9ac8fdee9481ab0120022800300040004a0a12080a0228001000180050005800",
  ],
  [
    "preVote",
    "081110ae8f9ac8fdee9481ab0118c4abb4ba8ea5fd9b9a0120022801300240004a0a12080a0228001000180050005800",
  ],
  [
    "vote",
    "080510c4abb4ba8ea5fd9b9a0118ae8f9ac8fdee9481ab0120032802300840004a0a12080a0228001000180050005800" +
    "621043616d706169676e5472616e73666572",
  ],
  [
    "voteReply",
    "080610c4abb4ba8ea5fd9b9a0118ae8f9ac8fdee9481ab0120022800300040004a0a12080a0228001000180050005800",
  ],
  [
    "appendReply",
    "080410c4abb4ba8ea5fd9b9a0118ae8f9ac8fdee9481ab0120022800300640004a0a12080a0228001000180050005800",
  ],
  [
    "propose",
    "080210c4abb4ba8ea5fd9b9a0118ae8f9ac8fdee9481ab012000280030003a1e080010001800221622060a0161120162" +
    "a2060b0884cac5e788bfa8d7870140004a0a12080a0228001000180050005800",
  ],
  [
    "heartbeat",
    "080810c4abb4ba8ea5fd9b9a0118ae8f9ac8fdee9481ab0120032800300040094a0a12080a0228001000180050005800",
  ],
  [
    "heartbeatReply",
    "080910c4abb4ba8ea5fd9b9a0118ae8f9ac8fdee9481ab0120022800300040004a0a12080a0228001000180050005800" +
    "620815c4a1f88cf16503",
  ],
  [
    "timeoutNow",
    "080e10ae8f9ac8fdee9481ab0118c4abb4ba8ea5fd9b9a0120022800300040004a0a12080a0228001000180050005800",
  ],
];

Deno.test("messages between members of a real etcd are understood, and said again in the same bytes", () => {
  for (const [kind, hex] of FROM_ETCD) {
    const decoded = decodeMessage(fromHex(hex));
    assert.ok(!("why" in decoded), kind);
    assert.equal(decoded.kind, kind);
    assert.equal(toHex(encodeMessage(decoded)), hex);
  }
});

Deno.test("fields that are absent count as zero, and fields of a newer schema are passed over", () => {
  const short = decodeMessage(fromHex("0804" + "1001" + "1802" + "6801" + "72020102"));

  assert.deepEqual(short, message({ kind: "appendReply", from: memberIdOf(2), to: memberIdOf(1), term: 0 }));
});

Deno.test("what no honest member says is malformed, and says why", () => {
  const addressed = "1001" + "1802";
  const cases: [string, string, RegExp][] = [
    ["nothing at all", "", /message type 0 does not travel/],
    ["a local type", "0801" + addressed, /type 1 does not travel/],
    ["an unknown type", "0813" + addressed, /type 19/],
    ["a type beyond 32 bits", "088380808010" + addressed, /type 4294967299/],
    ["no sender", "0803" + "1001", /without sender/],
    ["receiver zero", "0803" + "1000" + "1802", /member 0/],
    ["a term of 2^53", "0803" + addressed + "2080808080808080" + "10", /beyond the safe integers/],
    ["a term as bytes", "0803" + addressed + "220101", /out of place/],
    ["a snapshot message without one", "0807" + addressed, /without a snapshot/],
    ["an entry of no known type", "0803" + addressed + "3a020803", /entry type 3/],
    ["a conf change of member 0", "0803" + addressed + "3a020801", /member 0/],
    ["a varint without end", "0803" + addressed + "20ffffffffffffffffffffff", /varint/],
    ["a length beyond the end", "0803" + addressed + "3a7f00", /EOF/],
    ["field zero", "0803" + addressed + "0001", /out of place/],
  ];

  for (const [what, hex, why] of cases) {
    const decoded = decodeMessage(fromHex(hex));
    assert.ok("why" in decoded, what);
    assert.match(decoded.why, why, what);
  }
});

Deno.test("more entries than an honest append has are refused before they become objects", () => {
  const bytes = new Uint8Array(6 + 2 * 65_537);
  bytes.set(fromHex("080310011802"));
  for (let at = 6; at < bytes.length; at += 2) bytes.set([0x3a, 0], at);

  const decoded = decodeMessage(bytes);

  assert.ok("why" in decoded && decoded.why === "too many entries");
});

Deno.test("arbitrary and mutilated bytes never throw and never grow", () => {
  const prng = new Prng(7);
  let readable = 0;

  for (let round = 0; round < 20_000; round++) {
    const bytes = round % 2 === 0
      ? randomBytes(prng, prng.below(80))
      : mutilated(prng, encodeMessage(randomMessage(prng)));
    const decoded = decodeMessage(bytes);
    if ("why" in decoded) continue;
    readable += 1;
    // What was understood can be said again: nothing half-read comes through.
    assert.deepEqual(decodeMessage(encodeMessage(decoded)), decoded);
  }

  assert.ok(readable > 100, `only ${readable} inputs were readable: the fuzz has lost its edge`);
});

Deno.test("a decoded message shares no memory with the frame it came in", () => {
  const original = message({
    kind: "append",
    from: memberIdOf(1),
    to: memberIdOf(2),
    term: 1,
    entries: [{ index: 1, term: 1, kind: "normal", data: utf8("payload") }],
    context: utf8("context"),
    snapshot: snapshotAt(5),
  });
  const frame = encodeMessage(original);

  const decoded = decodeMessage(frame);
  frame.fill(0xee);

  assert.deepEqual(decoded, original);
});

Deno.test("entries are in etcd's bytes: two of a real etcd 3.4.23's log", () => {
  const noOp = "080010021802";
  const addMember =
    "08011002180d226b088eb6e28d88bfa8dd121003189bd39ef6e2f9e4ebdd0122527b226964223a31353938353430" +
    "373931363133323234373936332c227065657255524c73223a5b22687474703a2f2f3132372e302e302e313a3431333831225d2c226973" +
    "4c6561726e6572223a747275657d";
  const frame = fromHex("080310011802" + "3a06" + noOp + "3a73" + addMember);

  const decoded = decodeMessage(frame);

  assert.ok(!("why" in decoded));
  const [first, second] = decoded.entries;
  assert.deepEqual(first, { index: 2, term: 2, kind: "normal", data: new Uint8Array(0) });
  assert.ok(second?.kind === "confChangeV1");
  const change = decodeConfChange("confChangeV1", second.data);
  assert.deepEqual(change.changes, [{ kind: "addLearner", member: "ddd793ce2ec7a99b" }]);
  assert.deepEqual(encodeConfChange(change, "confChangeV1"), second.data);
  const again = toHex(encodeMessage(decoded));
  assert.ok(again.includes("3a06" + noOp) && again.includes("3a73" + addMember));
});

Deno.test("both forms of a conf change keep all they can carry, and refuse what they cannot", () => {
  const joint: ConfChange = {
    transition: "explicit",
    changes: [{ kind: "remove", member: memberIdOf(1) }, { kind: "addVoter", member: memberIdOf(4) }, {
      kind: "update",
      member: memberIdOf(2),
    }],
    context: utf8("why"),
    requestId: 0n,
  };

  assert.deepEqual(decodeConfChange("confChangeV1", encodeConfChange(ADD, "confChangeV1")), ADD);
  assert.deepEqual(decodeConfChange("confChangeV2", encodeConfChange(joint, "confChangeV2")), joint);
  const leave = decodeConfChange("confChangeV2", new Uint8Array(0));
  assert.deepEqual(leave.changes, []);
  assert.throws(() => encodeConfChange(joint, "confChangeV1"), InvariantViolation);
  assert.throws(() => encodeConfChange(ADD, "confChangeV2"), InvariantViolation);
  assert.throws(() => decodeConfChange("confChangeV1", fromHex("1007")), InvariantViolation);
});

Deno.test("snapshots and configurations read back equal, their lists sorted", () => {
  const snapshot = snapshotAt(12);

  assert.deepEqual(decodeSnapshot(encodeSnapshot(snapshot)), snapshot);
  assert.deepEqual(decodeConfState(encodeConfState(snapshot.meta.confState)), {
    kind: "confState",
    state: snapshot.meta.confState,
  });
  assert.deepEqual(decodeConfState(fromHex("08030801" + "0802")), {
    kind: "confState",
    state: {
      voters: [memberIdOf(1), memberIdOf(2), memberIdOf(3)],
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    },
  });
  assert.ok("why" in decodeSnapshot(fromHex("0a0101")));
});

/** A second opinion: the same message through the generated schema. */
function bySchema(original: Message) {
  const uint64 = (id: string) => BigInt("0x" + id);
  const meta = original.snapshot?.meta;
  return create(MessageSchema, {
    type: KIND_NUMBERS[original.kind],
    to: uint64(original.to),
    from: uint64(original.from),
    term: BigInt(original.term),
    logTerm: BigInt(original.logTerm),
    index: BigInt(original.index),
    entries: original.entries.map((entry) =>
      create(EntrySchema, {
        Type: ENTRY_NUMBERS[entry.kind],
        Term: BigInt(entry.term),
        Index: BigInt(entry.index),
        ...(entry.data.length > 0 && { Data: entry.data }),
      })
    ),
    commit: BigInt(original.commit),
    snapshot: {
      ...(original.snapshot && original.snapshot.data.length > 0 && { data: original.snapshot.data }),
      metadata: {
        index: BigInt(meta?.index ?? 0),
        term: BigInt(meta?.term ?? 0),
        confState: {
          voters: meta?.confState.voters.map(uint64) ?? [],
          learners: meta?.confState.learners.map(uint64) ?? [],
          votersOutgoing: meta?.confState.votersOutgoing.map(uint64) ?? [],
          learnersNext: meta?.confState.learnersNext.map(uint64) ?? [],
          autoLeave: meta?.confState.autoLeave ?? false,
        },
      },
    },
    reject: original.reject,
    rejectHint: BigInt(original.rejectHint),
    ...(original.context.length > 0 && { context: original.context }),
  });
}

function snapshotAt(index: number) {
  return {
    meta: {
      index,
      term: 2,
      confState: {
        voters: [memberIdOf(1), memberId("ff00000000000000")],
        learners: [memberIdOf(3)],
        votersOutgoing: [memberIdOf(1), memberIdOf(2)],
        learnersNext: [memberIdOf(2)],
        autoLeave: true,
      },
    },
    data: utf8("state machine"),
  };
}

function randomMessage(prng: Prng): Message {
  const kind = prng.pick(Object.keys(KIND_NUMBERS) as MessageKind[]);
  return message({
    kind,
    from: randomId(prng),
    to: randomId(prng),
    term: randomCounter(prng),
    logTerm: randomCounter(prng),
    index: randomCounter(prng),
    entries: Array.from({ length: prng.pick([0, 0, 1, 5]) }, () => randomEntry(prng)),
    commit: randomCounter(prng),
    reject: prng.chance(300),
    rejectHint: randomCounter(prng),
    snapshot: kind === "snapshot" || prng.chance(50) ? snapshotAt(1 + prng.below(1000)) : null,
    context: randomBytes(prng, prng.pick([0, 0, 9])),
  });
}

function randomEntry(prng: Prng): Entry {
  const kind = prng.pick<EntryKind>(["normal", "normal", "confChangeV1", "confChangeV2"]);
  const data = kind === "normal"
    ? randomBytes(prng, prng.below(300))
    : encodeConfChange(kind === "confChangeV1" ? ADD : { ...ADD, requestId: 0n }, kind);
  return { index: randomCounter(prng), term: randomCounter(prng), kind, data };
}

function randomId(prng: Prng) {
  const half = () => prng.nextUint32().toString(16).padStart(8, "0");
  return prng.chance(500) ? memberIdOf(1 + prng.below(9)) : memberId("8" + (half() + half()).slice(1));
}

function randomCounter(prng: Prng): number {
  const width = prng.pick([1, 128, 0x1_0000_0000]);
  return prng.chance(50)
    ? Number.MAX_SAFE_INTEGER - prng.below(3)
    : prng.below(width) * prng.pick([1, 1, 1000]);
}

function randomBytes(prng: Prng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => prng.below(256));
}

function mutilated(prng: Prng, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice(0, prng.chance(300) ? prng.below(bytes.length) : bytes.length);
  for (let hits = prng.below(3); hits > 0 && copy.length > 0; hits--) {
    copy[prng.below(copy.length)] = prng.below(256);
  }
  return copy;
}
