// What members ask each other beside Raft: how long a lease has left only the leader knows, and only the leader
// sees how far a learner has come. A member that was asked by a client and does not lead passes the question on.
//
// etcd does this over HTTP on the peer port (POST /leases, /leases/internal, /members/promote/<id>). Between our
// members a talk is a frame like any other, told from raftpb.Message by its first byte, which no protobuf begins with:
//
//   | 0x00 | JSON |

import { concatBytes, fromHex, fromUtf8, toHex, utf8 } from "../base/bytes.ts";
import { type EtcdError, GRPC_CODE_NUMBER, type GrpcCode, otherError } from "../base/etcd_error.ts";
import { type MemberId, memberId } from "../base/ids.ts";
import type { LeaseId } from "../kv/requests.ts";
import { decodeOrExplain, type Malformed, MalformedBytes } from "./border.ts";

export type Question =
  | { readonly kind: "leaseKeepAlive"; readonly id: LeaseId }
  | { readonly kind: "leaseTimeToLive"; readonly id: LeaseId; readonly keys: boolean }
  | { readonly kind: "memberPromote"; readonly member: MemberId };

export interface TalkMember {
  readonly id: MemberId;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export type TalkAnswer =
  | { readonly kind: "leaseKeepAlive"; readonly id: LeaseId; readonly ttl: number }
  | {
    readonly kind: "leaseTimeToLive";
    readonly id: LeaseId;
    readonly ttl: number;
    readonly grantedTtl: number;
    readonly keys: readonly Uint8Array[];
  }
  | { readonly kind: "members"; readonly members: readonly TalkMember[]; readonly changed: TalkMember | null }
  | EtcdError;

export interface TalkEnds {
  readonly from: MemberId;
  readonly to: MemberId;
  /** The asker's start and its number of the question: an answer to an earlier life finds nobody. */
  readonly startId: number;
  readonly askId: number;
}

export type Talk =
  | TalkEnds & { readonly kind: "ask"; readonly question: Question }
  | TalkEnds & { readonly kind: "tell"; readonly answer: TalkAnswer };

const TALK_TAG = 0x00;

/** Whether a frame from the network is a talk; the others are raftpb.Messages. */
export function isTalkFrame(frame: Uint8Array): boolean {
  return frame[0] === TALK_TAG;
}

export function encodeTalk(talk: Talk): Uint8Array {
  const json = JSON.stringify(talk, (_, value) => (value instanceof Uint8Array ? toHex(value) : value));
  return concatBytes([Uint8Array.of(TALK_TAG), utf8(json)]);
}

/** Never throws: whatever does not make sense, or comes from a release with more to talk about, is malformed. */
export function decodeTalk(frame: Uint8Array): Talk | Malformed {
  return decodeOrExplain(() => {
    const fields = objectOf(JSON.parse(fromUtf8(frame.subarray(1))));
    const ends: TalkEnds = {
      from: memberOf(fields.from),
      to: memberOf(fields.to),
      startId: numberOf(fields.startId),
      askId: numberOf(fields.askId),
    };
    if (fields.kind === "ask") {
      return { ...ends, kind: "ask", question: questionOf(objectOf(fields.question)) };
    }
    if (fields.kind === "tell") return { ...ends, kind: "tell", answer: answerOf(objectOf(fields.answer)) };
    throw new MalformedBytes(`a talk of kind ${fields.kind}`);
  });
}

type Fields = Readonly<Record<string, unknown>>;

function questionOf(fields: Fields): Question {
  switch (fields.kind) {
    case "leaseKeepAlive":
      return { kind: "leaseKeepAlive", id: idOf(fields.id) };
    case "leaseTimeToLive":
      return { kind: "leaseTimeToLive", id: idOf(fields.id), keys: fields.keys === true };
    case "memberPromote":
      return { kind: "memberPromote", member: memberOf(fields.member) };
    default:
      throw new MalformedBytes(`a question of kind ${fields.kind}`);
  }
}

function answerOf(fields: Fields): TalkAnswer {
  switch (fields.kind) {
    case "leaseKeepAlive":
      return { kind: "leaseKeepAlive", id: idOf(fields.id), ttl: numberOf(fields.ttl) };
    case "leaseTimeToLive":
      return {
        kind: "leaseTimeToLive",
        id: idOf(fields.id),
        ttl: numberOf(fields.ttl),
        grantedTtl: numberOf(fields.grantedTtl),
        keys: listOf(fields.keys).map(bytesOf),
      };
    case "members":
      return {
        kind: "members",
        members: listOf(fields.members).map(talkMemberOf),
        changed: fields.changed === null ? null : talkMemberOf(fields.changed),
      };
    case "error": {
      const code = textOf(fields.code);
      if (!Object.hasOwn(GRPC_CODE_NUMBER, code)) throw new MalformedBytes(`an error of code ${code}`);
      return otherError(textOf(fields.message), code as GrpcCode);
    }
    default:
      throw new MalformedBytes(`an answer of kind ${fields.kind}`);
  }
}

function talkMemberOf(value: unknown): TalkMember {
  const fields = objectOf(value);
  return {
    id: memberOf(fields.id),
    name: textOf(fields.name),
    peerUrls: listOf(fields.peerUrls).map(textOf),
    clientUrls: listOf(fields.clientUrls).map(textOf),
    isLearner: fields.isLearner === true,
  };
}

function objectOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MalformedBytes("not a JSON object");
  }
  return value as Fields;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedBytes("not a list");
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new MalformedBytes("not a text");
  return value;
}

function numberOf(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new MalformedBytes("not a safe integer");
  return value as number;
}

/** 16 lowercase hex digits, as ids are inside. */
function idOf(value: unknown): string {
  const text = textOf(value);
  if (!/^[0-9a-f]{16}$/.test(text)) throw new MalformedBytes("not an id");
  return text;
}

function memberOf(value: unknown): MemberId {
  const id = idOf(value);
  if (/^0+$/.test(id)) throw new MalformedBytes("nobody's id");
  return memberId(id);
}

function bytesOf(value: unknown): Uint8Array {
  const text = textOf(value);
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new MalformedBytes("not hex");
  return fromHex(text);
}
