// One seed, one run: draws a cluster, its troubles and its clients from a number, lets them meet under all checkers,
// then calms the waters and demands that the cluster comes to rest. (TigerBeetle's VOPR is the model.)

import type { MemberId } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { ETCD_RULES, TEXTBOOK_RULES } from "../member/options.ts";
import type { ClusterPlan } from "../sim/cluster_plan.ts";
import { ClusterSim, type ClusterSimState } from "../sim/cluster_sim.ts";
import {
  FAULT_KINDS,
  FaultInjector,
  type FaultInjectorState,
  type FaultPlan,
} from "../sim/fault_injector.ts";
import { LEASE_TTL_CHOICES, type SessionPlan, Sessions, type SessionsState } from "../sim/sessions.ts";
import { Workload, type WorkloadPlan, type WorkloadState } from "../sim/workload.ts";
import { ClusterInvariants, type ClusterInvariantsState } from "./cluster_invariants.ts";
import { pendingConvergence } from "./convergence.ts";
import { checkRevisionOrder } from "./revision_order.ts";
import { Violation } from "./violation.ts";
import { WatchLeaseChecker, type WatchLeaseCheckerState } from "./watch_lease_checker.ts";

export interface HuntPlan {
  readonly cluster: ClusterPlan;
  readonly faults: FaultPlan;
  readonly workload: WorkloadPlan;
  readonly sessions: SessionPlan;
  /** How long trouble lasts, and how long the cluster may take to come to rest after it. */
  readonly stormMs: number;
  readonly calmMsMax: number;
}

export interface HuntResult {
  readonly seed: number;
  readonly eventCount: number;
  readonly virtualMs: number;
  readonly traceHash: string;
  readonly faultCounts: ReadonlyMap<string, number>;
  readonly answeredCount: number;
  readonly unknownCount: number;
  readonly checkCount: number;
  /** Answers to watchers, and leases, that were judged. */
  readonly watchCount: number;
  readonly leaseCount: number;
  /** What went wrong, at which event; null when everything held. */
  readonly failure: { readonly message: string; readonly atEvent: number; readonly invariant: string } | null;
}

/** Everything a keyframe of a hunt holds. */
export interface HuntState {
  readonly sim: ClusterSimState;
  readonly faults: FaultInjectorState;
  readonly workload: WorkloadState;
  readonly invariants: ClusterInvariantsState;
  readonly sessions: SessionsState;
  readonly sessionChecks: WatchLeaseCheckerState;
}

/** Draws a run: sizes 1 to 9, some of the faults, much or little of each. */
export function drawHuntPlan(seed: number): HuntPlan {
  const prng = new Prng(seed).fork();
  const size = prng.pick([1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7, 9]);
  const kinds = FAULT_KINDS.filter(() => prng.chance(600));
  const delayMsMax = prng.pick([1, 5, 20, 60]);
  return {
    cluster: {
      seed,
      size,
      timing: {
        tickMs: 20,
        heartbeatTicks: 1,
        electionTicks: prng.pick([8, 10, 15]),
        requestTimeoutTicks: 120,
      },
      rules: prng.chance(750) ? ETCD_RULES : TEXTBOOK_RULES,
      link: {
        delayMsMin: 0,
        delayMsMax,
        lossPerMille: prng.pick([0, 0, 10, 50, 150]),
        duplicatePerMille: prng.pick([0, 0, 20, 100]),
      },
      diskDelayMsMin: 0,
      diskDelayMsMax: prng.pick([1, 5, 30]),
      clockDriftPerMille: prng.pick([0, 50, 200]),
      snapshotCount: prng.pick([10, 40, 1_000]),
      catchUpEntries: prng.pick([0, 5, 100]),
      segmentBytesMax: prng.pick([512, 4_096, 65_536]),
    },
    faults: {
      kinds: kinds.length > 0 ? kinds : FAULT_KINDS,
      everyMsMin: 20,
      everyMsMax: prng.pick([150, 400, 1_000]),
      mendPerMille: prng.between(350, 600),
    },
    workload: {
      clientCount: prng.between(1, 6),
      keyCount: prng.pick([1, 3, 10]),
      pauseMsMax: prng.pick([5, 40]),
      mix: { put: 4, get: 3, cas: prng.pick([0, 2]), del: 1 },
    },
    sessions: {
      watcherCount: prng.pick([0, 0, 1, 2, 3]),
      lesseeCount: prng.pick([0, 0, 0, 1, 2]),
      readingMsMax: prng.pick([0, 50, 800]),
      compacts: prng.chance(300),
    },
    stormMs: 8_000,
    calmMsMax: 20_000,
  };
}

/** A run under way; `runHunt` is the usual way to have one. */
export class Hunt {
  readonly plan: HuntPlan;
  readonly sim: ClusterSim;
  readonly faults: FaultInjector;
  readonly workload: Workload;
  readonly invariants: ClusterInvariants;
  readonly sessions: Sessions;
  readonly sessionChecks: WatchLeaseChecker;

  /** @param from a keyframe of a hunt of the same plan. */
  constructor(plan: HuntPlan, from?: HuntState) {
    const { seed } = plan.cluster;
    this.plan = plan;
    this.faults = new FaultInjector(plan.faults, seed + 1, from?.faults);
    this.workload = new Workload(plan.workload, seed + 2, from?.workload);
    this.invariants = new ClusterInvariants(from?.invariants);
    this.sessionChecks = new WatchLeaseChecker(from?.sessionChecks);
    const listener = this.sessionChecks;
    this.sessions = new Sessions(plan.sessions, { seed: seed + 3, listener }, from?.sessions);
    const observers = [this.invariants, this.sessionChecks, this.faults, this.workload, this.sessions];
    this.sim = new ClusterSim(plan.cluster, observers, from?.sim);
    this.sessionChecks.attach(this.sim);
    this.faults.attach(this.sim, from !== undefined);
    this.workload.attach(this.sim, from !== undefined);
    this.sessions.attach(this.sim, from !== undefined);
  }

  capture(): HuntState {
    return {
      sim: this.sim.capture(),
      faults: this.faults.capture(),
      workload: this.workload.capture(),
      invariants: this.invariants.capture(),
      sessions: this.sessions.capture(),
      sessionChecks: this.sessionChecks.capture(),
    };
  }

  /**
   * Storm, then calm, then the last questions.
   * @throws Violation when a rule broke; InvariantViolation when a member noticed it first.
   */
  run(): void {
    this.sim.runFor(this.plan.stormMs - this.sim.nowMs);
    this.calmDown();
  }

  /** Ends all trouble, waits until the cluster rests, and holds every answer against its history. */
  calmDown(): void {
    this.faults.calm();
    this.workload.stop();
    this.sessions.stop();
    let pending = "not looked at yet";
    const rested = this.#restsWithin(this.plan.calmMsMax, (why) => pending = why);
    if (!rested) {
      throw new Violation("convergence", [], `after ${this.plan.calmMsMax} ms of calm: ${pending}`);
    }
    const someone: MemberId = this.sim.leader()!;
    checkRevisionOrder(this.workload.records, this.sim.member(someone).member!);
    this.#outliveSessions();
  }

  /** Waits until the last watcher has read everything and the last lease is over, by the slowest clock. */
  #outliveSessions(): void {
    const { cluster, sessions } = this.plan;
    if (sessions.watcherCount === 0 && sessions.lesseeCount === 0) return;
    const { tickMs, electionTicks } = cluster.timing;
    const leaseMs = sessions.lesseeCount > 0 ? Math.max(...LEASE_TTL_CHOICES) * 1000 : 0;
    const restMs = leaseMs + 4 * electionTicks * tickMs + 2 * sessions.readingMsMax;
    this.sim.runFor(Math.ceil((restMs * (1000 + 2 * cluster.clockDriftPerMille)) / 1000));
    this.sessionChecks.checkAtRest(this.sim, this.sessions.watchings);
  }

  #restsWithin(limitMs: number, onPending: (why: string) => void): boolean {
    const stepMs = 100;
    for (let waitedMs = 0; waitedMs < limitMs; waitedMs += stepMs) {
      this.sim.runFor(stepMs);
      const why = pendingConvergence(this.sim);
      if (why === null) return true;
      onPending(why);
    }
    return false;
  }
}

/** Plays the run of `seed` to its end; whatever goes wrong is in the result, with the number of the event. */
export function runHunt(seed: number, plan: HuntPlan = drawHuntPlan(seed)): HuntResult {
  const hunt = new Hunt(plan);
  let failure: HuntResult["failure"] = null;
  try {
    hunt.run();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const invariant = error instanceof Violation ? error.invariant : error.name;
    failure = { message: error.message, atEvent: hunt.sim.eventCount, invariant };
  }
  const outcomes = hunt.workload.records.map((record) => record.outcome?.kind ?? "unknown");
  return {
    seed,
    eventCount: hunt.sim.eventCount,
    virtualMs: hunt.sim.nowMs,
    traceHash: hunt.sim.traceHash,
    faultCounts: hunt.faults.counts,
    answeredCount: outcomes.filter((outcome) => outcome === "ok").length,
    unknownCount: outcomes.filter((outcome) => outcome === "unknown").length,
    checkCount: hunt.invariants.checkCount,
    watchCount: hunt.sessionChecks.toldCount,
    leaseCount: hunt.sessions.leaseCount,
    failure,
  };
}
