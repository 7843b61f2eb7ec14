// The roster as a member sees it: the configuration in force, what is known of each member's log, and the votes of
// the present campaign. Members are walked in id order, so that two runs take the same steps. etcd's
// tracker.ProgressTracker.

import { assert } from "../base/assert.ts";
import type { LogIndex, MemberId } from "../base/ids.ts";
import { EMPTY_CONFIG, isJoint, membersOf } from "./membership.ts";
import { Progress, type ProgressCapture } from "./progress.ts";
import { quorumIndex, quorumVotes, type VoteResult } from "./quorum.ts";
import { type RaftRules, SOUND_RULES } from "./rules.ts";
import type { ConfState } from "./types.ts";

export interface TrackerCapture {
  readonly config: ConfState;
  readonly progress: ReadonlyMap<MemberId, ProgressCapture>;
  readonly votes: ReadonlyMap<MemberId, boolean>;
}

export class Tracker {
  config: ConfState = EMPTY_CONFIG;
  /** One for each voter of either half and each learner, in id order. */
  progress = new Map<MemberId, Progress>();
  /** By member, not by message: a vote that arrives twice counts once. */
  votes = new Map<MemberId, boolean>();
  readonly #inflightMax: number;
  readonly #rules: RaftRules;

  constructor(inflightMax: number, rules: RaftRules = SOUND_RULES) {
    this.#inflightMax = inflightMax;
    this.#rules = rules;
  }

  /**
   * Puts `config` into force.
   * @param dropped members whose progress begins anew even though they are in `config`.
   * @param lastIndex where to begin probing newcomers.
   */
  switchTo(config: ConfState, dropped: ReadonlySet<MemberId>, lastIndex: LogIndex): void {
    const progress = new Map<MemberId, Progress>();
    for (const id of membersOf(config)) {
      const known = dropped.has(id) ? undefined : this.progress.get(id);
      progress.set(id, known ?? this.#newcomer(lastIndex));
    }
    this.config = config;
    this.progress = progress;
  }

  #newcomer(lastIndex: LogIndex): Progress {
    const progress = new Progress(Math.max(lastIndex, 1), this.#inflightMax);
    // It counts as heard from, or the check of the quorum could unseat the leader before it had a chance to speak.
    progress.recentActive = true;
    return progress;
  }

  /** Forgets what was known of all logs, as a new term begins. */
  resetProgress(lastIndex: LogIndex): void {
    for (const id of this.progress.keys()) {
      this.progress.set(id, new Progress(lastIndex + 1, this.#inflightMax));
    }
  }

  isVoter(id: MemberId): boolean {
    return this.config.voters.includes(id) || this.config.votersOutgoing.includes(id);
  }

  isLearner(id: MemberId): boolean {
    return this.config.learners.includes(id);
  }

  /** Voters of both halves, sorted. */
  voters(): readonly MemberId[] {
    if (!isJoint(this.config)) return this.config.voters;
    return [...new Set([...this.config.voters, ...this.config.votersOutgoing])].sort();
  }

  /** The highest index that a quorum holds durably. */
  quorumMatch(): LogIndex {
    return quorumIndex(this.config, (id) => this.progress.get(id)?.match, this.#rules.quorumOf);
  }

  /** True when a quorum was heard from since the last check. */
  isQuorumActive(): boolean {
    const active = new Map<MemberId, boolean>();
    for (const [id, progress] of this.progress) active.set(id, progress.recentActive);
    return quorumVotes(this.config, active, this.#rules.quorumOf) === "won";
  }

  /** The first answer of a voter stands. */
  recordVote(id: MemberId, granted: boolean): void {
    const name = this.#rules.ballotOf(id, this.votes, this.config.voters);
    if (!this.votes.has(name)) this.votes.set(name, granted);
  }

  tally(): { readonly granted: number; readonly rejected: number; readonly result: VoteResult } {
    let granted = 0;
    let rejected = 0;
    for (const id of this.voters()) {
      const vote = this.votes.get(id);
      if (vote === undefined) continue;
      if (vote) granted += 1;
      else rejected += 1;
    }
    return { granted, rejected, result: quorumVotes(this.config, this.votes, this.#rules.quorumOf) };
  }

  capture(): TrackerCapture {
    return {
      config: this.config,
      progress: new Map([...this.progress].map(([id, progress]) => [id, progress.capture()])),
      votes: new Map(this.votes),
    };
  }

  static restore(inflightMax: number, capture: TrackerCapture, rules: RaftRules = SOUND_RULES): Tracker {
    const tracker = new Tracker(inflightMax, rules);
    tracker.config = capture.config;
    tracker.votes = new Map(capture.votes);
    for (const id of membersOf(capture.config)) {
      const progress = capture.progress.get(id);
      assert(progress !== undefined, () => `no progress of member ${id} in the keyframe`);
      tracker.progress.set(id, Progress.restore(progress));
    }
    return tracker;
  }
}
