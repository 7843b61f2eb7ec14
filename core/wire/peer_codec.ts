// raft messages as bytes: our Message <-> raftpb.Message, byte for byte what etcd writes. These codecs run for every
// message between members, so they read and write the fields themselves instead of going through reflection (a
// test holds them byte-equal to the generated schema). Scalars are written even when zero, as etcd does; absent
// ones are read as zero.
//
// Whatever arrives here may come from a stranger: decoding never throws, allocates in proportion to the bytes it was
// given, and refuses what an honest member cannot say.

import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { assert } from "../base/assert.ts";
import { EMPTY_BYTES } from "../base/bytes.ts";
import type { MemberId } from "../base/ids.ts";
import type { Message, MessageKind } from "../raft/message.ts";
import type { ConfState, Entry, EntryKind, Snapshot } from "../raft/types.ts";
import { readConfChange } from "./conf_change_codec.ts";
import {
  decodeOrExplain,
  idToUint64,
  type Malformed,
  MalformedBytes,
  safeNumber,
  uint64ToId,
} from "./border.ts";

/** A message with a snapshot inside may be this large; etcd reads up to the same size from a peer. */
export const MESSAGE_BYTES_MAX = 512 * 1024 * 1024;
/** Far above what one append carries; bounds the objects that a small hostile message can make us build. */
export const MESSAGE_ENTRY_COUNT_MAX = 65_536;
/** Members in each list of a configuration. */
export const CONF_STATE_MEMBER_COUNT_MAX = 1024;

/** raftpb.MessageType. The numbers left out (MsgHup, MsgBeat, …) are etcd's notes to itself and never travel. */
const KIND_NUMBERS: Readonly<Record<MessageKind, number>> = {
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
const KINDS: ReadonlyMap<number, MessageKind> = new Map(
  Object.entries(KIND_NUMBERS).map(([kind, number]) => [number, kind as MessageKind]),
);

/** raftpb.EntryType: an entry kind's number is its place here. */
const ENTRY_KINDS: readonly EntryKind[] = ["normal", "confChangeV1", "confChangeV2"];

const EMPTY_CONF_STATE: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};
const EMPTY_SNAPSHOT: Snapshot = {
  meta: { index: 0, term: 0, confState: EMPTY_CONF_STATE },
  data: EMPTY_BYTES,
};

/** The bytes etcd would write for this message. */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new BinaryWriter();
  writer.uint32(tag(1, VARINT)).uint32(KIND_NUMBERS[message.kind]);
  writer.uint32(tag(2, VARINT)).uint64(idToUint64(message.to));
  writer.uint32(tag(3, VARINT)).uint64(idToUint64(message.from));
  writeCounter(writer, 4, message.term);
  writeCounter(writer, 5, message.logTerm);
  writeCounter(writer, 6, message.index);
  for (const entry of message.entries) writeEntry(writer, entry);
  writeCounter(writer, 8, message.commit);
  writer.uint32(tag(9, BYTES)).fork();
  writeSnapshot(writer, message.snapshot ?? EMPTY_SNAPSHOT);
  writer.join();
  writer.uint32(tag(10, VARINT)).bool(message.reject);
  writeCounter(writer, 11, message.rejectHint);
  if (message.context.length > 0) writer.uint32(tag(12, BYTES)).bytes(message.context);
  return writer.finish();
}

/**
 * The message in `bytes`, which shares no memory with them. Refused: unknown and local message types, members with
 * id zero, numbers beyond the safe integers, conf changes that cannot be read, more than the limits above.
 */
export function decodeMessage(bytes: Uint8Array): Message | Malformed {
  return decodeOrExplain(() => readMessage(bytes));
}

/** raftpb.Snapshot as bytes. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const writer = new BinaryWriter();
  writeSnapshot(writer, snapshot);
  return writer.finish();
}

/** The snapshot in `bytes`, sharing no memory with them. One at index 0 is malformed: it holds nothing. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot | Malformed {
  return decodeOrExplain(() => {
    const snapshot = readSnapshot(bytes);
    if (snapshot === null) throw new MalformedBytes("snapshot at index 0");
    return snapshot;
  });
}

/** raftpb.ConfState as bytes. */
export function encodeConfState(state: ConfState): Uint8Array {
  const writer = new BinaryWriter();
  writeConfState(writer, state);
  return writer.finish();
}

export function decodeConfState(
  bytes: Uint8Array,
): { readonly kind: "confState"; readonly state: ConfState } | Malformed {
  return decodeOrExplain(() => ({ kind: "confState" as const, state: readConfState(bytes) }));
}

const VARINT = 0;
const BYTES = 2;

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

function writeCounter(writer: BinaryWriter, field: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, () => `raftpb field ${field}: ${value}`);
  writer.uint32(tag(field, VARINT));
  if (value <= 0xffff_ffff) writer.uint32(value);
  else writer.uint64(value);
}

function writeEntry(writer: BinaryWriter, entry: Entry): void {
  writer.uint32(tag(7, BYTES)).fork();
  writer.uint32(tag(1, VARINT)).uint32(ENTRY_KINDS.indexOf(entry.kind));
  writeCounter(writer, 2, entry.term);
  writeCounter(writer, 3, entry.index);
  if (entry.data.length > 0) writer.uint32(tag(4, BYTES)).bytes(entry.data);
  writer.join();
}

function writeSnapshot(writer: BinaryWriter, snapshot: Snapshot): void {
  if (snapshot.data.length > 0) writer.uint32(tag(1, BYTES)).bytes(snapshot.data);
  writer.uint32(tag(2, BYTES)).fork();
  writer.uint32(tag(1, BYTES)).fork();
  writeConfState(writer, snapshot.meta.confState);
  writer.join();
  writeCounter(writer, 2, snapshot.meta.index);
  writeCounter(writer, 3, snapshot.meta.term);
  writer.join();
}

function writeConfState(writer: BinaryWriter, state: ConfState): void {
  const lists = [state.voters, state.learners, state.votersOutgoing, state.learnersNext];
  lists.forEach((list, at) => {
    for (const id of list) writer.uint32(tag(at + 1, VARINT)).uint64(idToUint64(id));
  });
  writer.uint32(tag(5, VARINT)).bool(state.autoLeave);
}

function readMessage(bytes: Uint8Array): Message {
  if (bytes.length > MESSAGE_BYTES_MAX) throw new MalformedBytes(`message of ${bytes.length} bytes`);
  const reader = new BinaryReader(bytes);
  let kindNumber = 0, from: MemberId | null = null, to: MemberId | null = null;
  let term = 0, logTerm = 0, index = 0, commit = 0, rejectHint = 0, reject = false;
  let snapshot: Snapshot | null = null, context: Uint8Array = EMPTY_BYTES;
  const entries: Entry[] = [];
  while (reader.pos < reader.len) {
    const fieldTag = reader.uint32();
    switch (fieldTag) {
      case tag(1, VARINT):
        kindNumber = readCounter(reader, "type");
        break;
      case tag(2, VARINT):
        to = readId(reader, "to");
        break;
      case tag(3, VARINT):
        from = readId(reader, "from");
        break;
      case tag(4, VARINT):
        term = readCounter(reader, "term");
        break;
      case tag(5, VARINT):
        logTerm = readCounter(reader, "logTerm");
        break;
      case tag(6, VARINT):
        index = readCounter(reader, "index");
        break;
      case tag(7, BYTES):
        if (entries.length === MESSAGE_ENTRY_COUNT_MAX) throw new MalformedBytes("too many entries");
        entries.push(readEntry(reader.bytes()));
        break;
      case tag(8, VARINT):
        commit = readCounter(reader, "commit");
        break;
      case tag(9, BYTES):
        snapshot = readSnapshot(reader.bytes());
        break;
      case tag(10, VARINT):
        reject = reader.bool();
        break;
      case tag(11, VARINT):
        rejectHint = readCounter(reader, "rejectHint");
        break;
      case tag(12, BYTES):
        context = reader.bytes().slice();
        break;
      default:
        skipUnknown(reader, fieldTag, 12);
    }
  }
  const kind = KINDS.get(kindNumber);
  if (kind === undefined) throw new MalformedBytes(`message type ${kindNumber} does not travel`);
  if (from === null || to === null) throw new MalformedBytes("message without sender or receiver");
  if (kind === "snapshot" && snapshot === null) {
    throw new MalformedBytes("snapshot message without a snapshot");
  }
  return { kind, from, to, term, logTerm, index, entries, commit, reject, rejectHint, snapshot, context };
}

function readEntry(bytes: Uint8Array): Entry {
  const reader = new BinaryReader(bytes);
  let kindNumber = 0, term = 0, index = 0, data: Uint8Array = EMPTY_BYTES;
  while (reader.pos < reader.len) {
    const fieldTag = reader.uint32();
    switch (fieldTag) {
      case tag(1, VARINT):
        kindNumber = readCounter(reader, "entry type");
        break;
      case tag(2, VARINT):
        term = readCounter(reader, "entry term");
        break;
      case tag(3, VARINT):
        index = readCounter(reader, "entry index");
        break;
      case tag(4, BYTES):
        data = reader.bytes().slice();
        break;
      default:
        skipUnknown(reader, fieldTag, 4);
    }
  }
  const kind = ENTRY_KINDS[kindNumber];
  if (kind === undefined) throw new MalformedBytes(`entry type ${kindNumber}`);
  // Raft decodes conf changes on the way into the configuration, where an unreadable one could only stop the
  // member; so it is refused here, where only the message is lost.
  if (kind !== "normal") readConfChange(kind, data);
  return { index, term, kind, data };
}

/** Null for the empty snapshot that etcd writes into every message that has none: index 0 marks it. */
function readSnapshot(bytes: Uint8Array): Snapshot | null {
  const reader = new BinaryReader(bytes);
  let meta = EMPTY_SNAPSHOT.meta, data: Uint8Array = EMPTY_BYTES;
  while (reader.pos < reader.len) {
    const fieldTag = reader.uint32();
    switch (fieldTag) {
      case tag(1, BYTES):
        data = reader.bytes();
        break;
      case tag(2, BYTES):
        meta = readSnapshotMeta(reader.bytes());
        break;
      default:
        skipUnknown(reader, fieldTag, 2);
    }
  }
  return meta.index === 0 ? null : { meta, data: data.slice() };
}

function readSnapshotMeta(bytes: Uint8Array): Snapshot["meta"] {
  const reader = new BinaryReader(bytes);
  let confState = EMPTY_CONF_STATE, index = 0, term = 0;
  while (reader.pos < reader.len) {
    const fieldTag = reader.uint32();
    switch (fieldTag) {
      case tag(1, BYTES):
        confState = readConfState(reader.bytes());
        break;
      case tag(2, VARINT):
        index = readCounter(reader, "snapshot index");
        break;
      case tag(3, VARINT):
        term = readCounter(reader, "snapshot term");
        break;
      default:
        skipUnknown(reader, fieldTag, 3);
    }
  }
  return { index, term, confState };
}

function readConfState(bytes: Uint8Array): ConfState {
  const reader = new BinaryReader(bytes);
  const lists: MemberId[][] = [[], [], [], []];
  let autoLeave = false;
  while (reader.pos < reader.len) {
    const fieldTag = reader.uint32();
    const field = fieldTag >>> 3;
    const list = lists[field - 1];
    if (fieldTag === tag(5, VARINT)) {
      autoLeave = reader.bool();
    } else if (list !== undefined && fieldTag === tag(field, VARINT)) {
      if (list.length === CONF_STATE_MEMBER_COUNT_MAX) throw new MalformedBytes("too many members");
      list.push(readId(reader, "member of a configuration"));
    } else {
      skipUnknown(reader, fieldTag, 5);
    }
  }
  // Senders sort, but what rests on order here must not rest on their word.
  for (const list of lists) list.sort();
  const [voters, learners, votersOutgoing, learnersNext] = lists as [
    MemberId[],
    MemberId[],
    MemberId[],
    MemberId[],
  ];
  return { voters, learners, votersOutgoing, learnersNext, autoLeave };
}

function readCounter(reader: BinaryReader, what: string): number {
  return safeNumber(BigInt(reader.uint64()), what);
}

function readId(reader: BinaryReader, what: string): MemberId {
  const value = BigInt(reader.uint64());
  if (value === 0n) throw new MalformedBytes(`${what} is member 0`);
  return uint64ToId(value) as MemberId;
}

/** Passes over a field of a newer schema. A known field of the wrong wire type is no newer schema but nonsense. */
function skipUnknown(reader: BinaryReader, fieldTag: number, knownMax: number): void {
  const field = fieldTag >>> 3;
  if (field === 0 || field <= knownMax) throw new MalformedBytes(`tag ${fieldTag} out of place`);
  reader.skip(fieldTag & 7, field);
}
