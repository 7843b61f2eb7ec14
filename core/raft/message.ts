// What members say to each other: raftpb.Message with words for numbers. One flat record, as on the wire; each
// kind uses the fields its comment names and leaves the others at their zero.

import { EMPTY_BYTES } from "../base/bytes.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { Entry, Snapshot } from "./types.ts";

export type MessageKind =
  /** Forwarded proposal: `entries`. No term. (MsgProp) */
  | "propose"
  /** AppendEntries: `logTerm`/`index` name the entry before `entries`; `commit`. (MsgApp) */
  | "append"
  /** `index` = last matching entry; or `reject`, with `rejectHint` and `logTerm` to skip back by. (MsgAppResp) */
  | "appendReply"
  /** RequestVote: `logTerm`/`index` = candidate's last entry; `context` = "CampaignTransfer" overrides leases. (MsgVote) */
  | "vote"
  | "voteReply"
  /** As vote, for a term the sender has not begun. (MsgPreVote, thesis §9.6) */
  | "preVote"
  | "preVoteReply"
  /** InstallSnapshot: `snapshot`. (MsgSnap) */
  | "snapshot"
  /** `commit` = min(leader's commit, match); `context` = a read's name. (MsgHeartbeat) */
  | "heartbeat"
  | "heartbeatReply"
  /** Transfer: forwarded by a follower to its leader; `from` = the member that shall lead. (MsgTransferLeader) */
  | "transferLeader"
  /** To the member that shall lead: campaign now. (MsgTimeoutNow) */
  | "timeoutNow"
  /** Forwarded linearizable read: `entries[0].data` names it. (MsgReadIndex) */
  | "readIndex"
  | "readIndexReply";

export interface Message {
  readonly kind: MessageKind;
  readonly from: MemberId;
  readonly to: MemberId;
  /** 0 for forwarded proposals and reads, which belong to no term. */
  readonly term: Term;
  readonly logTerm: Term;
  readonly index: LogIndex;
  readonly entries: readonly Entry[];
  readonly commit: LogIndex;
  readonly reject: boolean;
  readonly rejectHint: LogIndex;
  readonly snapshot: Snapshot | null;
  readonly context: Uint8Array;
}

/** A message whose unnamed fields are zero. */
export function message(
  fields: Partial<Message> & Pick<Message, "kind" | "from" | "to" | "term">,
): Message {
  return { ...ZERO, ...fields };
}

const ZERO = {
  logTerm: 0,
  index: 0,
  entries: [],
  commit: 0,
  reject: false,
  rejectHint: 0,
  snapshot: null,
  context: EMPTY_BYTES,
} as const;
