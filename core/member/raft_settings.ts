// A member's options as Raft wants them, with etcd's own limits for what no flag sets.

import type { Prng } from "../base/prng.ts";
import type { RaftOptions } from "../raft/options.ts";
import type { RaftEvent } from "../raft/ready.ts";
import type { MemberOptions } from "./options.ts";

/** Largest total of entry bytes in one append message: etcd's maxSizePerMsg. */
const APPEND_BYTES_MAX = 1024 * 1024;
/** Appends in flight to one peer: etcd's maxInflightMsgs. */
const INFLIGHT_MESSAGES_MAX = 512;

export function raftOptionsOf(
  { id, timing, rules, raft, trace }: MemberOptions,
  prng: Prng,
  onEvent: (event: RaftEvent) => void,
): RaftOptions {
  return {
    id,
    electionTicks: timing.electionTicks,
    heartbeatTicks: timing.heartbeatTicks,
    preVote: rules.preVote,
    checkQuorum: rules.checkQuorum,
    readOnly: "safe",
    messageBytesMax: APPEND_BYTES_MAX,
    inflightMessagesMax: INFLIGHT_MESSAGES_MAX,
    uncommittedBytesMax: Infinity,
    committedBytesMax: Infinity,
    disableConfChangeValidation: false,
    stepDownOnRemoval: false,
    prng,
    onEvent: trace ? onEvent : () => {},
    ...raft,
  };
}
