// Raft must understand the configuration changes in its log, but their bytes are the wire's affair
// (raftpb.ConfChange and ConfChangeV2). This is the border between the two.

import { EMPTY_BYTES } from "../base/bytes.ts";
import { LEAVE_JOINT } from "./membership.ts";
import type { ConfChange, Entry, EntryKind } from "./types.ts";

export type ConfChangeEntryKind = Exclude<EntryKind, "normal">;

export interface ConfChangeCodec {
  /** Bytes of `change`. "confChangeV1" is given exactly one single change and the transition "auto". */
  encode(change: ConfChange, kind: ConfChangeEntryKind): Uint8Array;
  /** The change that `encode` wrote. Never called with no bytes for "confChangeV2". */
  decode(kind: ConfChangeEntryKind, data: Uint8Array): ConfChange;
}

/** The change an entry carries, null when it is a normal entry. */
export function confChangeOf(codec: ConfChangeCodec, entry: Pick<Entry, "kind" | "data">): ConfChange | null {
  if (entry.kind === "normal") return null;
  if (entry.kind === "confChangeV2" && entry.data.length === 0) return LEAVE_JOINT;
  return codec.decode(entry.kind, entry.data);
}

/** An entry not yet in any log, to be proposed. */
export type Proposal = Pick<Entry, "kind" | "data">;

/** A proposal as a message carries it: it gets its place in the log from the leader. */
export function unplaced(proposal: Proposal): Entry {
  return { index: 0, term: 0, kind: proposal.kind, data: proposal.data };
}

/** What proposes to leave a joint configuration. */
export const LEAVE_JOINT_PROPOSAL: Proposal = { kind: "confChangeV2", data: EMPTY_BYTES };
