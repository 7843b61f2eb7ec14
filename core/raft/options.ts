// How a raft node is told to behave. etcd's Config, cut to what this project varies.

import type { MemberId } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import type { RaftEvent } from "./ready.ts";
import type { RaftRules } from "./rules.ts";

export interface RaftOptions {
  readonly id: MemberId;
  /** A follower that hears nothing for `electionTicks` to 2 x `electionTicks` - 1 ticks campaigns. > heartbeatTicks. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Ask before beginning a term. (Thesis §9.6) */
  readonly preVote: boolean;
  /** A leader that hears no quorum for an election timeout steps down; followers of a live leader refuse votes. (§6.2) */
  readonly checkQuorum: boolean;
  readonly readOnly: "safe" | "leaseBased";
  /** Largest total of entry bytes in one append; at least one entry always goes. */
  readonly messageBytesMax: number;
  /** Appends in flight to one replicating peer. */
  readonly inflightMessagesMax: number;
  /** Bytes of uncommitted proposals a leader takes before it refuses more; Infinity: no limit. */
  readonly uncommittedBytesMax: number;
  /** Bytes of committed entries handed over in one Ready. */
  readonly committedBytesMax: number;
  /** Do not check a conf change against the current configuration when it is proposed. For tests. */
  readonly disableConfChangeValidation: boolean;
  /** A leader that applied its own removal steps down. */
  readonly stepDownOnRemoval: boolean;
  /** Election deadlines come from here. */
  readonly prng: Prng;
  readonly onEvent: (event: RaftEvent) => void;
  /** Left out: the sound ones. Others are for showing what each rule is for. */
  readonly rules?: RaftRules;
}
