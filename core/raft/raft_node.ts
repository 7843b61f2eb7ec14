// The door to one member's Raft: messages, ticks and wishes go in, a `Ready` comes out. The manner is etcd-io/raft's
// RawNode (Step, Ready, Advance); the difference is that votes and acknowledgements, one's own included, wait here for
// the write that carries them. Synchronous and deterministic: the same calls give the same Readies.

import { assert } from "../base/assert.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { countVote, stepCandidate } from "./candidate.ts";
import { type ConfChangeEntryKind, type Proposal, unplaced } from "./conf_change_codec.ts";
import { castVote, isHeldOffByLease, startCampaign } from "./election.ts";
import { stepFollower } from "./follower.ts";
import {
  handleAcknowledgement,
  maybeLeaveJoint,
  proposeAsLeader,
  readAsLeader,
  reconfigured,
  snapshotReported,
  stepLeader,
  tickLeader,
  transferLeadership,
  unreachableReported,
} from "./leader.ts";
import { changeConfig, EMPTY_CONFIG, normalizeConfig } from "./membership.ts";
import type { Message } from "./message.ts";
import type { RaftOptions } from "./options.ts";
import type { ProgressState } from "./progress.ts";
import { type OwnVote, RaftCore, type RaftCoreCapture, type RaftHost } from "./raft_core.ts";
import { isContiguous, RaftLog } from "./raft_log.ts";
import type { Ready, WriteReceipt } from "./ready.ts";
import type { ConfChange, ConfState, Entry, HardState, Role, SnapshotMeta, SoftState } from "./types.ts";

/** What was found on this member's disk. */
export interface Recovered {
  readonly hardState: HardState;
  /** Index 0 when there is no snapshot; its configuration may be given all the same. */
  readonly snapshot: SnapshotMeta;
  /** The log after the snapshot. */
  readonly entries: readonly Entry[];
  /** What the state machine holds already; at least the snapshot's index. */
  readonly applied: LogIndex;
  /** The configuration as of `applied`; left out, the snapshot's. */
  readonly confState?: ConfState;
}

export type RaftOutcome =
  /** Taken up by this leader. Not committed yet: only the entry in `committed` tells. */
  | { readonly kind: "accepted" }
  /** Sent to the leader; it may get lost on the way. */
  | { readonly kind: "forwarded"; readonly to: MemberId }
  | { readonly kind: "dropped"; readonly why: string };

/** As RaftOutcome; `first` and `last` are the places the proposals got in this leader's log. */
export type ProposeOutcome =
  | { readonly kind: "accepted"; readonly first: LogIndex; readonly last: LogIndex }
  | Exclude<RaftOutcome, { kind: "accepted" }>;

export interface ProgressStatus {
  readonly match: LogIndex;
  readonly next: LogIndex;
  readonly state: ProgressState;
  readonly paused: boolean;
  /** 0 unless the state is "snapshot". */
  readonly pendingSnapshot: LogIndex;
  readonly recentActive: boolean;
  readonly inflightCount: number;
  readonly inflightFull: boolean;
  readonly learner: boolean;
}

export interface RaftStatus {
  readonly id: MemberId;
  readonly term: Term;
  readonly vote: MemberId | null;
  readonly role: Role;
  readonly leader: MemberId | null;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  /** Highest index known to be on this member's disk. */
  readonly durable: LogIndex;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /** In force in Raft: ahead of what is applied while a snapshot is being installed. */
  readonly config: ConfState;
  /** In id order; empty unless this member leads. */
  readonly progress: ReadonlyMap<MemberId, ProgressStatus>;
  /** Votes counted in the present campaign. */
  readonly votes: ReadonlyMap<MemberId, boolean>;
  readonly readsPending: number;
  readonly transferee: MemberId | null;
  readonly electionElapsed: number;
  readonly heartbeatElapsed: number;
  /** Ticks of silence after which this member campaigns. */
  readonly randomizedElectionTimeout: number;
}

export interface RaftNodeCapture {
  readonly core: RaftCoreCapture;
  readonly handedHardState: HardState;
  readonly handedSoftState: SoftState;
  readonly appliedConfig: ConfState;
  readonly writing: Writing | null;
}

/** A write in flight, and what it will make good. */
interface Writing {
  readonly receipt: WriteReceipt;
  readonly ownVote: OwnVote | null;
  readonly snapshot: SnapshotMeta | null;
}

export class RaftNode {
  #core: RaftCore;
  /** As last given out by a Ready. */
  #handedHardState: HardState;
  #handedSoftState: SoftState;
  /**
   * As of the applied index. Raft itself is ahead of it from the arrival of a snapshot to its installation: entries
   * from before, which the host is still applying then, must not change the snapshot's configuration.
   */
  #appliedConfig: ConfState;
  #writing: Writing | null = null;

  /** @throws InvariantViolation when the options or what was recovered contradict themselves. */
  constructor(options: RaftOptions, recovered: Recovered, host: RaftHost) {
    const { hardState, snapshot } = recovered;
    const log = new RaftLog(snapshot, recovered.entries, options.committedBytesMax, options.rules);
    assert(
      hardState.commit <= log.lastIndex,
      () => `recovered commit ${hardState.commit} is beyond the log's end ${log.lastIndex}`,
    );
    assert(
      recovered.applied >= snapshot.index,
      () => `recovered applied ${recovered.applied} is before the snapshot at ${snapshot.index}`,
    );
    assert(
      recovered.applied === snapshot.index || recovered.applied <= hardState.commit,
      () => `recovered applied ${recovered.applied} is beyond commit ${hardState.commit}`,
    );
    const core = new RaftCore(options, host, log);
    const config = normalizeConfig(recovered.confState ?? snapshot.confState);
    core.tracker.switchTo(config, new Set(), log.lastIndex);
    core.emit({ kind: "config", config });
    core.term = hardState.term;
    log.commitTo(hardState.commit);
    log.appliedTo(recovered.applied);
    core.becomeFollower(hardState.term, null);
    core.vote = hardState.vote;
    this.#core = core;
    this.#handedHardState = core.hardState();
    this.#handedSoftState = core.softState();
    this.#appliedConfig = config;
  }

  // ── what happens to a member ───────────────────────────────────────────────────────────────────────────────

  /** One tick of this member's clock passed. */
  tick(): void {
    const core = this.#core;
    if (core.role === "leader") {
      tickLeader(core);
      return;
    }
    core.electionElapsed += 1;
    if (!core.isPromotable() || core.electionElapsed < core.electionDeadline) return;
    core.electionElapsed = 0;
    this.campaign();
  }

  /** Campaigns now, by way of pre-vote if that is on. Does nothing on a leader or a member that may not lead. */
  campaign(): void {
    const { rules, options } = this.#core;
    startCampaign(this.#core, rules.asksBeforeTerm(options.preVote) ? "preElection" : "election");
  }

  /** A message from another member arrived: late, twice and out of order are normal. Refusals are events. */
  step(message: Message): void {
    const core = this.#core;
    const objection = this.#objectionTo(message);
    if (objection !== null) {
      core.refuse(message.kind, objection);
      return;
    }
    if (message.term > core.term && message.term !== 0) {
      if (!this.#enterTerm(message)) return;
    } else if (message.term < core.term && message.term !== 0) {
      this.#answerOldTerm(message);
      return;
    }
    if (message.kind === "vote" || message.kind === "preVote") {
      castVote(core, message);
      return;
    }
    switch (core.role) {
      case "follower":
        return stepFollower(core, message);
      case "candidate":
      case "preCandidate":
        return stepCandidate(core, message);
      case "leader":
        return stepLeader(core, message);
    }
  }

  /** Why a message is not even looked at; null when it is. */
  #objectionTo(message: Message): string | null {
    const core = this.#core;
    if (message.to !== core.id) return `it is for ${message.to}`;
    if (message.from === core.id && TERMLESS[message.kind] !== true) {
      return "it claims to be from this member";
    }
    if (IS_REPLY[message.kind] === true && !core.tracker.progress.has(message.from)) return PEER_NOT_FOUND;
    // A member in term 0 may turn down a pre-vote; nothing else is said in term 0.
    if (message.term === 0 && TERMLESS[message.kind] !== true && message.kind !== "preVoteReply") {
      return "it bears no term";
    }
    if (message.kind === "append") {
      const previous = { index: message.index, term: message.logTerm };
      if (!isContiguous(previous, message.entries, message.term)) {
        return "its entries do not follow one another";
      }
    }
    return null;
  }

  /** A newer term than ours is out there. False when the message is to be ignored. (Paper §5.1) */
  #enterTerm(message: Message): boolean {
    const core = this.#core;
    switch (message.kind) {
      case "vote":
      case "preVote":
        if (isHeldOffByLease(core, message)) {
          core.refuse(message.kind, `${core.leader} was heard from ${core.electionElapsed} ticks ago`);
          return false;
        }
        // To be asked about a term is not to be in it.
        if (message.kind === "vote") core.enterTerm(message.term, null);
        return true;
      case "preVoteReply":
        // A grant bears the term we would campaign for; a refusal bears the term the voter is in.
        if (message.reject) core.enterTerm(message.term, null);
        return true;
      case "append":
      case "heartbeat":
      case "snapshot":
        core.enterTerm(message.term, message.from);
        return true;
      default:
        core.enterTerm(message.term, null);
        return true;
    }
  }

  #answerOldTerm(message: Message): void {
    const core = this.#core;
    const fromOldLeader = message.kind === "append" || message.kind === "heartbeat";
    if (fromOldLeader && core.rules.holdsElectionOff(message.term, core.term)) core.electionElapsed = 0;
    if (fromOldLeader && (core.options.checkQuorum || core.options.preVote)) {
      // A member that campaigned alone in a partition is in a newer term than the leader. With leases or pre-vote
      // its requests for votes are not heard, so it would be stuck there; this answer brings the leader up to its
      // term, and an election brings them together.
      core.send({ kind: "appendReply", to: message.from });
    } else if (message.kind === "preVote") {
      // Told, not ignored: the asker may be in an older term with the better log, and must learn the newer one.
      core.emit({
        kind: "voteCast",
        for: message.from,
        term: message.term,
        pre: true,
        granted: false,
        reason: `is in term ${core.term}`,
      });
      core.send({ kind: "preVoteReply", to: message.from, reject: true });
    }
  }

  // ── wishes ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Proposes entries in this order. All or none of them are taken. */
  propose(payloads: readonly Uint8Array[]): ProposeOutcome {
    return this.#propose(payloads.map((data) => ({ kind: "normal", data })));
  }

  /**
   * Proposes a change of the configuration. A leader takes one at a time; one that may not be made now goes into the
   * log as an empty entry, and an event says why.
   * @param v1 write it as raftpb.ConfChange, which holds one change and no transition.
   */
  proposeConfChange(change: ConfChange, v1: boolean): ProposeOutcome {
    assert(
      !v1 || (change.changes.length === 1 && change.transition === "auto"),
      "a version 1 change has one operation and no transition",
    );
    const kind: ConfChangeEntryKind = v1 ? "confChangeV1" : "confChangeV2";
    return this.#propose([{ kind, data: this.#core.host.codec.encode(change, kind) }]);
  }

  #propose(proposals: readonly Proposal[]): ProposeOutcome {
    const core = this.#core;
    if (core.role === "leader") {
      const first = core.log.lastIndex + 1;
      const why = proposeAsLeader(core, proposals);
      return why === null ? { kind: "accepted", first, last: core.log.lastIndex } : { kind: "dropped", why };
    }
    if (core.role !== "follower" || core.leader === null) return { kind: "dropped", why: "no leader" };
    core.send({ kind: "propose", to: core.leader, entries: proposals.map(unplaced) });
    return { kind: "forwarded", to: core.leader };
  }

  /**
   * Asks from which index on a read is linearizable; the answer comes in a Ready's `reads` under the same context, or,
   * when leadership or messages are lost, never: ask again after a while.
   */
  requestRead(context: Uint8Array): RaftOutcome {
    const core = this.#core;
    if (core.role === "leader") {
      const why = readAsLeader(core, { from: core.id, context });
      return why === null ? { kind: "accepted" } : { kind: "dropped", why };
    }
    if (core.role !== "follower" || core.leader === null) return { kind: "dropped", why: "no leader" };
    core.send({ kind: "readIndex", to: core.leader, entries: [unplaced({ kind: "normal", data: context })] });
    return { kind: "forwarded", to: core.leader };
  }

  /** Asks that `to` lead. A follower passes it on. */
  transferLeadership(to: MemberId): void {
    const core = this.#core;
    if (core.role === "leader") transferLeadership(core, to);
    else if (core.role === "follower" && core.leader !== null) {
      core.send({ kind: "transferLeader", to: core.leader, from: to });
    } else core.refuse("transferLeader", "no leader");
  }

  /** A follower that knows its leader to be gone may vote for another at once. Not with reads by lease. */
  forgetLeader(): void {
    const core = this.#core;
    if (core.role !== "follower") return;
    if (core.options.readOnly === "leaseBased") {
      core.refuse("forgetLeader", "reads rely on the leader's lease");
    } else core.leader = null;
  }

  /** A message to `peer` could not be delivered. */
  reportUnreachable(peer: MemberId): void {
    unreachableReported(this.#core, peer);
  }

  /** The snapshot sent to `peer` has been delivered, or could not be. */
  reportSnapshot(peer: MemberId, ok: boolean): void {
    snapshotReported(this.#core, peer, ok);
  }

  /** Fixes the election deadline until the next change of role or term draws another. For scenarios. */
  pinElectionDeadline(ticks: number): void {
    assert(ticks >= 1, `an election deadline of ${ticks} ticks`);
    this.#core.setElectionDeadline(ticks);
  }

  // ── hand-over ──────────────────────────────────────────────────────────────────────────────────────────────

  /** True when `takeReady(writable)` would hand over something. */
  hasReady(writable = true): boolean {
    const core = this.#core;
    return core.messages.length > 0 || core.readStates.length > 0 || core.log.hasCommitted(writable) ||
      !this.#softStateIsHanded() ||
      (writable && (core.voteRequests.length > 0 || core.replies.length > 0 || core.ownVote !== null ||
        core.log.hasUnwritten() || !this.#hardStateIsHanded()));
  }

  /**
   * Hands over what the host has to do; see ready.ts for what it owes.
   * @param writable false while a write is in flight: nothing that needs the disk is handed over.
   */
  takeReady(writable = true): Ready {
    assert(!writable || this.#writing === null, "a write is in flight already");
    const core = this.#core;
    const softState = this.#softStateIsHanded() ? null : core.softState();
    if (softState !== null) this.#handedSoftState = softState;
    const messages = core.messages;
    const reads = core.readStates;
    core.messages = [];
    core.readStates = [];
    const committed = core.log.takeCommitted(writable);
    if (!writable) return { ...NOTHING_TO_WRITE, softState, messages, reads, committed };

    const before = this.#handedHardState;
    const hardState = this.#hardStateIsHanded() ? null : core.hardState();
    if (hardState !== null) this.#handedHardState = hardState;
    const writes = hardState !== null || core.log.hasUnwritten();
    const mustSync = core.log.hasUnwritten() ||
      (hardState !== null && (hardState.term !== before.term || hardState.vote !== before.vote));
    const { snapshot, entries } = core.log.takeUnwritten();
    const messagesAfterWrite = core.voteRequests.concat(core.replies);
    core.voteRequests = [];
    core.replies = [];
    const ownVote = core.ownVote;
    core.ownVote = null;
    const last = core.log.last();
    const receipt: WriteReceipt | null = writes
      ? {
        lastIndex: last.index,
        lastTerm: last.term,
        snapshotIndex: snapshot?.meta.index ?? 0,
        term: core.term,
      }
      : null;
    if (receipt !== null) this.#writing = { receipt, ownVote, snapshot: snapshot?.meta ?? null };
    else this.#countOwnVote(ownVote);
    return {
      hardState,
      entries,
      snapshot,
      messages,
      messagesAfterWrite,
      committed,
      reads,
      softState,
      receipt,
      mustSync,
    };
  }

  /**
   * The write of the Ready that bore `receipt` survives a crash from now on. What it makes good is counted: the own
   * vote if the campaign still runs, the own log as far as nothing replaced it since.
   */
  written(receipt: WriteReceipt): void {
    const writing = this.#writing;
    assert(writing !== null, () => `a write up to ${receipt.lastIndex} was reported, but none is in flight`);
    assert(
      receipt.lastIndex === writing.receipt.lastIndex && receipt.lastTerm === writing.receipt.lastTerm &&
        receipt.snapshotIndex === writing.receipt.snapshotIndex && receipt.term === writing.receipt.term,
      () =>
        `the write up to ${writing.receipt.lastIndex} is in flight, not the one up to ${receipt.lastIndex}`,
    );
    this.#writing = null;
    const core = this.#core;
    core.log.written(receipt.snapshotIndex);
    if (writing.snapshot !== null) {
      this.#appliedConfig = normalizeConfig(writing.snapshot.confState);
      this.applied(writing.snapshot.index);
    }
    this.#countOwnVote(writing.ownVote);
    if (core.role !== "leader") return;
    const own = core.tracker.progress.get(core.id);
    // A leader that removed itself leads on for a while, but no longer counts.
    if (own !== undefined) handleAcknowledgement(core, core.id, core.log.durable, own);
  }

  #countOwnVote(vote: OwnVote | null): void {
    const core = this.#core;
    if (vote === null || vote.term !== (vote.pre ? core.term + 1 : core.term)) return;
    countVote(core, { from: core.id, granted: true, pre: vote.pre });
  }

  /** The state machine holds everything up to `index`. */
  applied(index: LogIndex): void {
    const core = this.#core;
    const payloadBytes = core.log.appliedTo(Math.max(index, core.log.applied));
    maybeLeaveJoint(core);
    core.uncommittedBytes = Math.max(0, core.uncommittedBytes - payloadBytes);
  }

  /**
   * Puts a committed change into force; called by the host as it applies the entry. Returns the new configuration,
   * for the next snapshot.
   * @throws InvariantViolation when the present configuration does not allow the change.
   */
  applyConfChange(change: ConfChange): ConfState {
    const core = this.#core;
    const result = changeConfig(this.#appliedConfig, change);
    if (result.kind === "impossible") assert(false, `a committed change cannot be applied: ${result.why}`);
    this.#appliedConfig = result.config;
    if (core.log.hasPendingSnapshot()) return result.config;

    core.tracker.switchTo(result.config, result.dropped, core.log.lastIndex);
    core.emit({ kind: "config", config: result.config });
    if (core.role === "leader") reconfigured(core);
    return result.config;
  }

  /** The host's snapshot covers everything up to `index`: those entries may go. Requires index <= applied. */
  compact(index: LogIndex): void {
    this.#core.log.compact(index);
  }

  // ── views ──────────────────────────────────────────────────────────────────────────────────────────────────

  get term(): Term {
    return this.#core.term;
  }

  get vote(): MemberId | null {
    return this.#core.vote;
  }

  get role(): Role {
    return this.#core.role;
  }

  get leader(): MemberId | null {
    return this.#core.leader;
  }

  get commit(): LogIndex {
    return this.#core.log.commit;
  }

  get firstIndex(): LogIndex {
    return this.#core.log.firstIndex;
  }

  get lastIndex(): LogIndex {
    return this.#core.log.lastIndex;
  }

  /** The configuration as of the applied index: what a snapshot taken now must carry. */
  get config(): ConfState {
    return this.#appliedConfig;
  }

  /** Everything at once; the getters above are for those who ask often. */
  status(): RaftStatus {
    const core = this.#core;
    const progress = new Map<MemberId, ProgressStatus>();
    if (core.role === "leader") {
      for (const [id, peer] of core.tracker.progress) {
        progress.set(id, {
          match: peer.match,
          next: peer.next,
          state: peer.state,
          paused: peer.isPaused(),
          pendingSnapshot: peer.pendingSnapshot,
          recentActive: peer.recentActive,
          inflightCount: peer.inflights.count,
          inflightFull: peer.inflights.isFull(),
          learner: core.tracker.isLearner(id),
        });
      }
    }
    return {
      id: core.id,
      term: core.term,
      vote: core.vote,
      role: core.role,
      leader: core.leader,
      commit: core.log.commit,
      applied: core.log.applied,
      durable: core.log.durable,
      firstIndex: core.log.firstIndex,
      lastIndex: core.log.lastIndex,
      config: core.config,
      progress,
      votes: new Map(core.tracker.votes),
      readsPending: core.reads.waitingCount,
      transferee: core.transferee,
      electionElapsed: core.electionElapsed,
      heartbeatElapsed: core.heartbeatElapsed,
      randomizedElectionTimeout: core.electionDeadline,
    };
  }

  /** Entries `from` to `to`, both included; all of them must be in memory. */
  entries(from: LogIndex, to: LogIndex): readonly Entry[] {
    return this.#core.log.slice(from, to);
  }

  /** The term of the entry at `index`, null when it is compacted away or beyond the end. */
  termAt(index: LogIndex): Term | null {
    return this.#core.log.termAt(index);
  }

  /** Everything but the generator in the options, which is the host's to capture. */
  capture(): RaftNodeCapture {
    return {
      core: this.#core.capture(),
      handedHardState: this.#handedHardState,
      handedSoftState: this.#handedSoftState,
      appliedConfig: this.#appliedConfig,
      writing: this.#writing,
    };
  }

  static restore(options: RaftOptions, capture: RaftNodeCapture, host: RaftHost): RaftNode {
    // Built empty and silent, without drawing from the host's generator, and then given its memory.
    const node = new RaftNode({ ...options, prng: new Prng(0), onEvent: () => {} }, NOTHING_RECOVERED, host);
    node.#core = RaftCore.restore(options, host, capture.core);
    node.#handedHardState = capture.handedHardState;
    node.#handedSoftState = capture.handedSoftState;
    node.#appliedConfig = capture.appliedConfig;
    node.#writing = capture.writing;
    return node;
  }

  #hardStateIsHanded(): boolean {
    const { term, vote, commit } = this.#handedHardState;
    const core = this.#core;
    return term === core.term && vote === core.vote && commit === core.log.commit;
  }

  #softStateIsHanded(): boolean {
    return this.#handedSoftState.leader === this.#core.leader &&
      this.#handedSoftState.role === this.#core.role;
  }
}

/** A member that has never been up. */
export const NOTHING_RECOVERED: Recovered = {
  hardState: { term: 0, vote: null, commit: 0 },
  snapshot: { index: 0, term: 0, confState: EMPTY_CONFIG },
  entries: [],
  applied: 0,
};

/** Why answers of members that are no longer in the configuration are refused. */
export const PEER_NOT_FOUND = "the sender is not in the configuration";

const IS_REPLY: Partial<Record<Message["kind"], true>> = {
  appendReply: true,
  voteReply: true,
  preVoteReply: true,
  heartbeatReply: true,
  readIndexReply: true,
};

/** Forwarded wishes, which belong to no term. They may come back to the member that made them. */
const TERMLESS: Partial<Record<Message["kind"], true>> = { propose: true, readIndex: true };

const NOTHING_TO_WRITE = {
  hardState: null,
  entries: [],
  snapshot: null,
  messagesAfterWrite: [],
  receipt: null,
  mustSync: false,
} as const;
