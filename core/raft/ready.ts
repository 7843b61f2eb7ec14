// The hand-over between Raft and its host, in the manner of etcd-io/raft's Ready and Advance.
//
//   takeReady ── messages ─────────────────────────────▶ network, at once
//       │
//       └─ hardState, entries, snapshot ──▶ disk ──▶ written(receipt)
//                                                        │
//                         messagesAfterWrite ────────────┼──▶ network
//                         committed ─────────────────────┴──▶ state machine ──▶ applied(index)
//
// What the host owes:
//   - At most one write is out at a time. While one is, `takeReady(false)` hands over what needs no write; everything
//     else waits for the next `takeReady(true)`, so that one write carries all that has gathered. (Group commit)
//   - A Ready with a receipt: write, and when that is durable call `written(receipt)`, send `messagesAfterWrite` and
//     apply `committed`, in whichever order. A Ready without: there is nothing to wait for, send and apply at once.
//     What `committed` holds below `entries[0]` is on disk already and may be applied without waiting.
//   - A snapshot is in the state machine's place by the time `written` is called; it counts as applied from then on.
//   - Entries are applied in order. To apply a conf change means to call `applyConfChange`, unless the host refuses the
//     change. `applied(index)` follows when everything up to there is in the state machine.
//   - What becomes of a snapshot message is reported (`reportSnapshot`): its receiver is sent nothing else until then.

import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { Message } from "./message.ts";
import type { ConfState, Entry, HardState, Snapshot, SoftState } from "./types.ts";

/** Names the last thing a write carries. Index and term, because a tail may be overwritten while its write flies. */
export interface WriteReceipt {
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  readonly snapshotIndex: LogIndex;
  /** The term this write makes durable; answers of older terms are void. */
  readonly term: Term;
}

/** A read may be served once the state machine has applied `index`. (Thesis §6.4) */
export interface ReadState {
  readonly context: Uint8Array;
  readonly index: LogIndex;
}

export interface Ready {
  /** To save, when it changed. */
  readonly hardState: HardState | null;
  /** To append, after cutting whatever the log holds at `entries[0].index` and beyond. */
  readonly entries: readonly Entry[];
  /** To install in place of log and state machine, before `entries`. */
  readonly snapshot: Snapshot | null;
  /** Free to leave before the write is durable. */
  readonly messages: readonly Message[];
  /** Promises about the disk (votes, vote requests, append replies): they leave once this Ready's write is durable. */
  readonly messagesAfterWrite: readonly Message[];
  /** To apply in order, once this Ready's write is durable. */
  readonly committed: readonly Entry[];
  readonly reads: readonly ReadState[];
  readonly softState: SoftState | null;
  /** To hand back by `written` when the write is durable; null when there is nothing to write. */
  readonly receipt: WriteReceipt | null;
  /**
   * False when a write carries no more than a new commit index, or there is none. Nobody was promised that index: it
   * may be lost in a crash, and the host may take it for durable without waiting for the disk.
   */
  readonly mustSync: boolean;
}

/** What a raft node tells its watchers; eyes and checkers use it, logic never does. */
export type RaftEvent =
  | {
    readonly kind: "role";
    readonly role: SoftState["role"];
    readonly term: Term;
    readonly leader: MemberId | null;
  }
  | { readonly kind: "electionTimer"; readonly deadlineTicks: number }
  | {
    readonly kind: "voteCast";
    readonly for: MemberId;
    readonly term: Term;
    readonly pre: boolean;
    readonly granted: boolean;
    readonly reason: string;
  }
  | {
    readonly kind: "voteCounted";
    readonly from: MemberId;
    readonly granted: boolean;
    readonly granteds: number;
    readonly needed: number;
  }
  | { readonly kind: "appended"; readonly first: LogIndex; readonly last: LogIndex; readonly term: Term }
  | { readonly kind: "overwritten"; readonly first: LogIndex; readonly last: LogIndex }
  | {
    readonly kind: "progress";
    readonly peer: MemberId;
    readonly state: "probe" | "replicate" | "snapshot";
    readonly match: LogIndex;
    readonly next: LogIndex;
  }
  | { readonly kind: "committed"; readonly index: LogIndex }
  | { readonly kind: "config"; readonly config: ConfState }
  | { readonly kind: "refused"; readonly what: string; readonly why: string };
