// The public door of core/raft. A host needs `RaftNode`, the data it exchanges, and a way to show them; the parts it
// is made of are open to tests and to those who read.

export type { Message, MessageKind } from "./message.ts";
export { message } from "./message.ts";
export type { RaftOptions } from "./options.ts";
export type { RaftEvent, ReadState, Ready, WriteReceipt } from "./ready.ts";
export type { RaftRules } from "./rules.ts";
export { SOUND_RULES } from "./rules.ts";
export type * from "./types.ts";
export type {
  ProgressStatus,
  ProposeOutcome,
  RaftNodeCapture,
  RaftOutcome,
  RaftStatus,
  Recovered,
} from "./raft_node.ts";
export { NOTHING_RECOVERED, PEER_NOT_FOUND, RaftNode } from "./raft_node.ts";
export type { RaftHost } from "./raft_core.ts";
export type { ConfChangeCodec, ConfChangeEntryKind } from "./conf_change_codec.ts";
export { confChangeOf } from "./conf_change_codec.ts";
export type { ConfigResult } from "./membership.ts";
export { changeConfig, EMPTY_CONFIG, isJoint, LEAVE_JOINT, leavesJoint, membersOf } from "./membership.ts";
export type { ProgressState } from "./progress.ts";
export type { LogPosition } from "./log_position.ts";
export { compareLogPosition } from "./log_position.ts";
export { entryBytes } from "./raft_log.ts";
export { majorityOf, quorumIndex, quorumVotes } from "./quorum.ts";
export type { VoteResult, Voters } from "./quorum.ts";
export * from "./describe.ts";
