// One member's view of the consensus: its term, vote, role, log and roster, the clockwork of its timers, the legal
// transitions between roles, and the outbox. What to do with a message is decided in follower.ts, candidate.ts and
// leader.ts; the outside talks to `RaftNode`. (Paper figure 2 and figure 4)
//
//                    times out, asks          majority would vote
//   follower ───────────────▶ preCandidate ────────────▶ candidate ───────▶ leader
//      ▲  │      (without pre-vote: straight to candidate)   │    majority     │
//      │  └──────────────────────────────────────────────────┘                │
//      └─────────────── sees a newer term, or a leader ───────────────────────┘

import { assert } from "../base/assert.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { ConfChangeCodec, Proposal } from "./conf_change_codec.ts";
import type { LogPosition } from "./log_position.ts";
import { type Message, message, type MessageKind } from "./message.ts";
import type { RaftOptions } from "./options.ts";
import { RaftLog, type RaftLogCapture } from "./raft_log.ts";
import { ReadQueue, type ReadQueueCapture } from "./read_index.ts";
import type { RaftEvent, ReadState } from "./ready.ts";
import { type RaftRules, SOUND_RULES } from "./rules.ts";
import { Tracker, type TrackerCapture } from "./tracker.ts";
import type { ConfState, Entry, HardState, Role, Snapshot, SoftState } from "./types.ts";

/** What a raft node asks of its host while it runs. */
export interface RaftHost {
  readonly codec: ConfChangeCodec;
  /**
   * The newest durable snapshot of the state machine, to send to a member whose entries are gone; null: not now. At
   * least as new as the last compaction. Better one of the present: etcd's members refuse a snapshot from before they
   * were added.
   */
  latestSnapshot(): Snapshot | null;
}

/** A vote for oneself, which counts once it is durable. `term` is the term campaigned for. */
export interface OwnVote {
  readonly term: Term;
  readonly pre: boolean;
}

export interface RaftCoreCapture {
  readonly log: RaftLogCapture;
  readonly tracker: TrackerCapture;
  readonly reads: ReadQueueCapture;
  readonly term: Term;
  readonly vote: MemberId | null;
  readonly role: Role;
  readonly leader: MemberId | null;
  readonly transferee: MemberId | null;
  readonly pendingConfIndex: LogIndex;
  readonly uncommittedBytes: number;
  readonly electionElapsed: number;
  readonly heartbeatElapsed: number;
  readonly electionDeadline: number;
  readonly messages: readonly Message[];
  readonly voteRequests: readonly Message[];
  readonly replies: readonly Message[];
  readonly readStates: readonly ReadState[];
  readonly ownVote: OwnVote | null;
}

export class RaftCore {
  readonly id: MemberId;
  readonly options: RaftOptions;
  readonly host: RaftHost;
  readonly rules: RaftRules;
  log: RaftLog;
  tracker: Tracker;
  reads = new ReadQueue();

  term: Term = 0;
  /** Whom this member voted for in `term`. Changes only from null, or when the term grows. */
  vote: MemberId | null = null;
  role: Role = "follower";
  leader: MemberId | null = null;

  /** The member that shall lead instead; while it is set, this leader takes no proposals. (Thesis §3.10) */
  transferee: MemberId | null = null;
  /** At or above every conf change in the log that may be unapplied: the next one waits until this is applied. */
  pendingConfIndex: LogIndex = 0;
  /** Payload bytes this leader has appended and not yet seen applied; an estimate that never exceeds the truth. */
  uncommittedBytes = 0;

  /** Ticks since the leader was heard from, a vote was granted, or (leading) since the last check of the quorum. */
  electionElapsed = 0;
  heartbeatElapsed = 0;
  /** Ticks of silence after which this member campaigns; drawn anew with every change of role or term. */
  electionDeadline = 0;

  /** Free to leave at once. */
  messages: Message[] = [];
  /** Held until the write: a candidate that forgot term or log tail could be elected by answers to its former self. */
  voteRequests: Message[] = [];
  /** Held until the write: promises about this member's disk. */
  replies: Message[] = [];
  readStates: ReadState[] = [];
  ownVote: OwnVote | null = null;

  constructor(options: RaftOptions, host: RaftHost, log: RaftLog) {
    assert(options.heartbeatTicks >= 1, `heartbeatTicks ${options.heartbeatTicks} is below 1`);
    assert(
      options.electionTicks > options.heartbeatTicks,
      `electionTicks ${options.electionTicks} must exceed heartbeatTicks ${options.heartbeatTicks}`,
    );
    assert(options.inflightMessagesMax >= 1, `inflightMessagesMax ${options.inflightMessagesMax} is below 1`);
    assert(options.committedBytesMax > 0, `committedBytesMax ${options.committedBytesMax} is not positive`);
    assert(
      options.readOnly === "safe" || options.checkQuorum,
      "reads by lease need checkQuorum: without it a leader never learns that its lease is over",
    );
    this.id = options.id;
    this.options = options;
    this.host = host;
    this.rules = options.rules ?? SOUND_RULES;
    this.log = log;
    this.tracker = new Tracker(options.inflightMessagesMax, this.rules);
  }

  // ── roles ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** A newer term than ours is out there: whatever this member was, it follows now. (Paper §5.1) */
  enterTerm(term: Term, leader: MemberId | null): void {
    if (this.rules.higherTermEnds(this.role)) return this.becomeFollower(term, leader);
    this.term = term;
    this.vote = null;
  }

  becomeFollower(term: Term, leader: MemberId | null): void {
    assert(term >= this.term, () => `term falls from ${this.term} to ${term}`);
    this.#reset(term);
    this.#setRole("follower", leader);
  }

  /** Neither term nor vote change: a pre-candidate that loses leaves no trace. (Thesis §9.6) */
  becomePreCandidate(): void {
    assert(this.role !== "leader", "a leader does not campaign");
    this.tracker.votes = new Map();
    this.#setRole("preCandidate", null);
  }

  becomeCandidate(): void {
    assert(this.role !== "leader", "a leader does not campaign");
    this.#reset(this.term + 1);
    this.vote = this.id;
    this.#setRole("candidate", null);
  }

  /** Begins to lead with an empty entry: only an entry of its own term lets a leader commit. (Paper §5.4.2, §8) */
  becomeLeader(): void {
    assert(
      this.role === "candidate" || this.role === "preCandidate",
      () => `a ${this.role} cannot win an election`,
    );
    this.#reset(this.term);
    this.#setRole("leader", this.id);
    const own = this.tracker.progress.get(this.id);
    assert(own !== undefined, "a leader is a member");
    own.becomeReplicate();
    own.recentActive = true;
    // There may be a conf change in the tail; rather than search it, wait until all of it is applied.
    this.pendingConfIndex = this.log.lastIndex;
    const accepted = this.appendOwn([{ kind: "normal", data: new Uint8Array(0) }]);
    assert(accepted, "an empty entry is never refused");
  }

  #setRole(role: Role, leader: MemberId | null): void {
    this.role = role;
    this.leader = leader;
    this.emit({ kind: "role", role, term: this.term, leader });
  }

  #reset(term: Term): void {
    const { electionTicks } = this.options;
    // The vote belongs to the term: forgetting it within the term would allow a second one. (Thesis §3.8)
    if (this.rules.forgetsVote(this.term, term)) this.vote = null;
    this.term = term;
    this.leader = null;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.setElectionDeadline(
      this.rules.electionDeadline(electionTicks, this.options.prng.below(electionTicks)),
    );
    this.transferee = null;
    this.tracker.votes = new Map();
    this.tracker.resetProgress(this.log.lastIndex);
    const own = this.tracker.progress.get(this.id);
    if (own !== undefined) own.match = this.log.durable;
    this.pendingConfIndex = 0;
    this.uncommittedBytes = 0;
    this.reads = new ReadQueue();
  }

  setElectionDeadline(ticks: number): void {
    this.electionDeadline = ticks;
    this.emit({ kind: "electionTimer", deadlineTicks: ticks });
  }

  /** True when this member may campaign: a voter, and not waiting for a snapshot to land. */
  isPromotable(): boolean {
    return this.tracker.isVoter(this.id) && !this.log.hasPendingSnapshot();
  }

  /** True while a leader was heard from so lately that no other can have been elected. (Thesis §6.2, §4.2.3) */
  isInLease(): boolean {
    return this.options.checkQuorum && this.leader !== null &&
      this.electionElapsed < this.options.electionTicks;
  }

  /** Committed in its own term: from here on the commit index is known to be the newest. (Paper §8) */
  hasCommittedInTerm(): boolean {
    return this.log.termAt(this.log.commit) === this.term;
  }

  // ── log ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A leader appends to its own log; it counts itself once that is durable. False when the tail not yet applied is
   * too large already. Payloads without bytes always go, and anything goes into an empty tail.
   */
  appendOwn(proposals: readonly Proposal[]): boolean {
    const payloadBytes = proposals.reduce((sum, proposal) => sum + proposal.data.length, 0);
    if (
      this.uncommittedBytes > 0 && payloadBytes > 0 &&
      this.uncommittedBytes + payloadBytes > this.options.uncommittedBytesMax
    ) return false;
    this.uncommittedBytes += payloadBytes;
    const last = this.log.lastIndex;
    const entries = proposals.map(({ kind, data }, i): Entry => ({
      index: last + 1 + i,
      term: this.term,
      kind,
      data,
    }));
    this.log.append(entries);
    this.emit({ kind: "appended", first: last + 1, last: this.log.lastIndex, term: this.term });
    return true;
  }

  /** Fits a leader's entries in; false when the log does not hold `previous`. */
  appendReceived(previous: LogPosition, entries: readonly Entry[]): boolean {
    const effect = this.log.maybeAppend(previous, entries);
    if (effect === null) return false;
    if (effect === "nothingNew") return true;
    if (effect.overwrittenLast > 0) {
      this.emit({ kind: "overwritten", first: effect.first, last: effect.overwrittenLast });
    }
    this.emit({ kind: "appended", first: effect.first, last: effect.last, term: this.term });
    return true;
  }

  commitTo(index: LogIndex): boolean {
    const moved = this.log.commitTo(index);
    if (moved) this.emit({ kind: "committed", index });
    return moved;
  }

  /**
   * Commits what a quorum holds, if that entry is of this leader's term. An entry of an older term may be on a
   * majority and still be replaced by a later leader; it is committed by one of the own term after it. (Paper §5.4.2,
   * figure 8)
   */
  maybeCommit(): boolean {
    const index = this.tracker.quorumMatch();
    const term = this.log.termAt(index);
    return term !== null && this.rules.mayCount(term, this.term) && this.commitTo(index);
  }

  // ── outbox ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Queues a message of this term, or of `term` for votes. Forwarded proposals and reads belong to none. */
  send(fields: Partial<Message> & Pick<Message, "kind" | "to">): void {
    assert(fields.to !== this.id, () => `${fields.kind} to oneself`);
    const term = fields.kind === "propose" || fields.kind === "readIndex" ? 0 : fields.term ?? this.term;
    this.#outboxFor(fields.kind).push(message({ from: this.id, ...fields, term }));
  }

  #outboxFor(kind: MessageKind): Message[] {
    switch (kind) {
      case "vote":
      case "preVote":
        return this.rules.voteWaitsForDisk() ? this.voteRequests : this.messages;
      case "voteReply":
      case "preVoteReply":
        // A promise may leave only once it is on disk: a member that forgot its vote could vote twice in one term,
        // one that forgot an entry could undo its commitment. (Thesis §3.8)
        return this.rules.voteWaitsForDisk() ? this.replies : this.messages;
      case "appendReply":
        return this.rules.acknowledgementWaitsForDisk() ? this.replies : this.messages;
      default:
        return this.messages;
    }
  }

  emit(event: RaftEvent): void {
    this.options.onEvent(event);
  }

  refuse(what: string, why: string): void {
    this.emit({ kind: "refused", what, why });
  }

  // ── views ──────────────────────────────────────────────────────────────────────────────────────────────────

  hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.commit };
  }

  softState(): SoftState {
    return { leader: this.leader, role: this.role };
  }

  get config(): ConfState {
    return this.tracker.config;
  }

  capture(): RaftCoreCapture {
    return {
      log: this.log.capture(),
      tracker: this.tracker.capture(),
      reads: this.reads.capture(),
      term: this.term,
      vote: this.vote,
      role: this.role,
      leader: this.leader,
      transferee: this.transferee,
      pendingConfIndex: this.pendingConfIndex,
      uncommittedBytes: this.uncommittedBytes,
      electionElapsed: this.electionElapsed,
      heartbeatElapsed: this.heartbeatElapsed,
      electionDeadline: this.electionDeadline,
      messages: this.messages.slice(),
      voteRequests: this.voteRequests.slice(),
      replies: this.replies.slice(),
      readStates: this.readStates.slice(),
      ownVote: this.ownVote,
    };
  }

  static restore(options: RaftOptions, host: RaftHost, capture: RaftCoreCapture): RaftCore {
    const core = new RaftCore(
      options,
      host,
      RaftLog.restore(capture.log, options.committedBytesMax, options.rules),
    );
    core.tracker = Tracker.restore(options.inflightMessagesMax, capture.tracker, options.rules);
    core.reads = ReadQueue.restore(capture.reads);
    core.term = capture.term;
    core.vote = capture.vote;
    core.role = capture.role;
    core.leader = capture.leader;
    core.transferee = capture.transferee;
    core.pendingConfIndex = capture.pendingConfIndex;
    core.uncommittedBytes = capture.uncommittedBytes;
    core.electionElapsed = capture.electionElapsed;
    core.heartbeatElapsed = capture.heartbeatElapsed;
    core.electionDeadline = capture.electionDeadline;
    core.messages = capture.messages.slice();
    core.voteRequests = capture.voteRequests.slice();
    core.replies = capture.replies.slice();
    core.readStates = capture.readStates.slice();
    core.ownVote = capture.ownVote;
    return core;
  }
}
