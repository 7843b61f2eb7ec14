// What a member tells its watchers: the page, golden traces, checkers, `--log-level debug`. One vocabulary for all
// of them. A trace event is never read by logic.

import type { LogIndex, MemberId, Revision, Term } from "../base/ids.ts";
import type { RaftEvent } from "../raft/ready.ts";

export type TraceEvent =
  | RaftEvent
  | {
    readonly kind: "recovered";
    /** Log entries read from this member's own disk. */
    readonly entryCount: number;
    readonly snapshotIndex: LogIndex;
    readonly tornBytes: number;
    readonly term: Term;
  }
  | {
    readonly kind: "writeIssued";
    readonly writeId: number;
    readonly bytes: number;
    readonly lastIndex: LogIndex;
  }
  | { readonly kind: "writeDurable"; readonly writeId: number; readonly lastIndex: LogIndex }
  /** Told others something the disk must keep: this term and vote, and entries up to `acknowledged`. */
  | {
    readonly kind: "promised";
    readonly term: Term;
    readonly vote: MemberId | null;
    readonly acknowledged: { readonly index: LogIndex; readonly term: Term } | null;
  }
  | { readonly kind: "applied"; readonly index: LogIndex; readonly revision: Revision }
  | {
    readonly kind: "snapshot";
    readonly index: LogIndex;
    readonly what: "taken" | "sent" | "installed";
    readonly peer: MemberId | null;
  }
  | { readonly kind: "requested"; readonly requestId: number; readonly what: string }
  | { readonly kind: "responded"; readonly requestId: number; readonly outcome: string }
  | { readonly kind: "stopped"; readonly why: string };
