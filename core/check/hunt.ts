// One seed, one run: a cluster, its troubles and its clients meet under all checkers. Then one quorum is healed and
// must come to rest whatever the others do; then all is calm, everybody must agree, and every answer must have been
// true. (TigerBeetle's VOPR is the model.)

import type { MemberId } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import type { TimedAction } from "../sim/actions.ts";
import { ClusterSim, type ClusterSimState, type SimObserver } from "../sim/cluster_sim.ts";
import { FaultInjector, type FaultInjectorState } from "../sim/fault_injector.ts";
import { majorityOf } from "../raft/quorum.ts";
import { LEASE_TTL_CHOICES, Sessions, type SessionsState } from "../sim/sessions.ts";
import { Workload, type WorkloadState } from "../sim/workload.ts";
import { ClusterInvariants, type ClusterInvariantsState } from "./cluster_invariants.ts";
import { pendingConvergence } from "./convergence.ts";
import { ClientHistory, type ClientHistoryState } from "./history.ts";
import { drawHuntPlan, type HuntPlan } from "./hunt_plan.ts";
import { kvModel, kvOperations } from "./kv_model.ts";
import { checkLinearizable } from "./linearizability.ts";
import { RealTimeOrder, type RealTimeOrderState } from "./real_time_order.ts";
import { checkRevisionOrder } from "./revision_order.ts";
import { type InvariantName, Violation } from "./violation.ts";
import { WatchLeaseChecker, type WatchLeaseCheckerState } from "./watch_lease_checker.ts";

export { drawHuntPlan, type HuntPlan } from "./hunt_plan.ts";

export interface HuntFailure {
  /** The name of the promise that broke; "InvariantViolation" when a member caught itself first. */
  readonly invariant: InvariantName | string;
  readonly message: string;
  readonly members: readonly MemberId[];
  readonly atEvent: number;
  readonly atMs: number;
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
  /** What the operator and the faults did, in order. */
  readonly actions: readonly TimedAction[];
  /** What went wrong, at which event; null when everything held. */
  readonly failure: HuntFailure | null;
}

/** Everything a keyframe of a hunt holds. */
export interface HuntState {
  readonly sim: ClusterSimState;
  readonly faults: FaultInjectorState;
  readonly workload: WorkloadState;
  readonly invariants: ClusterInvariantsState;
  readonly order: RealTimeOrderState;
  readonly history: ClientHistoryState;
  readonly sessions: SessionsState;
  readonly sessionChecks: WatchLeaseCheckerState;
}

export interface HuntOptions {
  /** A keyframe of a hunt of the same plan, to go on from. */
  readonly from?: HuntState;
  /** What to do to the cluster instead of what the dice say. */
  readonly script?: readonly TimedAction[];
  /** The rules that convict; left out: all. */
  readonly watched?: ReadonlySet<InvariantName>;
  /** End with the storm: enough where calm has nothing to add. */
  readonly stormOnly?: boolean;
  /** Others who want to see the run. */
  readonly observers?: readonly SimObserver[];
}

/** More events than any storm of some seconds has, by members that ever were: messages that beget messages. */
const STORM_EVENTS_MIN = 300_000;
const STORM_EVENTS_PER_MEMBER = 100_000;
/** How often a cluster that should come to rest is asked whether it has. */
const LOOK_EVERY_MS = 100;
/** How often an operator tries to mend what only the cluster can mend. */
const REPAIR_EVERY_MS = 500;
/** A leader that is heard by a quorum must stay for so long. */
const LEADS_ON_MS = 3_000;
/** A link that comes and goes is cut for so many election timeouts, and there for one. */
const CUT_ELECTIONS = 3;

/** A run under way; `runHunt` is the usual way to have one. */
export class Hunt {
  readonly plan: HuntPlan;
  readonly sim: ClusterSim;
  readonly faults: FaultInjector;
  readonly workload: Workload;
  readonly invariants: ClusterInvariants;
  readonly order: RealTimeOrder;
  readonly history: ClientHistory;
  readonly sessions: Sessions;
  readonly sessionChecks: WatchLeaseChecker;
  readonly #watched: ReadonlySet<InvariantName> | null;

  constructor(plan: HuntPlan, options: HuntOptions = {}) {
    const { from, script = null, watched = null, observers = [] } = options;
    const { seed } = plan.cluster;
    this.plan = plan;
    this.#watched = watched;
    this.faults = new FaultInjector(plan.faults, seed + 1, from?.faults, script);
    this.workload = new Workload(plan.workload, seed + 2, from?.workload);
    this.invariants = new ClusterInvariants(from?.invariants, watched);
    this.order = new RealTimeOrder(from?.order);
    this.history = new ClientHistory(from?.history);
    const listener = this.sessionChecks = new WatchLeaseChecker(from?.sessionChecks);
    this.sessions = new Sessions(plan.sessions, { seed: seed + 3, listener }, from?.sessions);
    this.sim = new ClusterSim(plan.cluster, [
      this.invariants,
      this.order,
      this.sessionChecks,
      ...(plan.secondOpinion ? [new HistoryKeeper(this.history, () => this.sim.nowMs)] : []),
      this.faults,
      this.workload,
      this.sessions,
      ...observers,
    ], from?.sim);
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
      order: this.order.capture(),
      history: this.history.capture(),
      sessions: this.sessions.capture(),
      sessionChecks: this.sessionChecks.capture(),
    };
  }

  /**
   * Storm, then calm, then the last questions.
   * @throws Violation when a rule broke; InvariantViolation when a member noticed it first.
   */
  run(): void {
    this.storm();
    this.calmDown();
  }

  /** Plays on to the end of trouble. */
  storm(): void {
    const { sim, plan } = this;
    const isEndless = ({ eventCount, ids }: ClusterSim) =>
      eventCount > Math.max(STORM_EVENTS_MIN, STORM_EVENTS_PER_MEMBER * ids.length);
    if (sim.runUntil(isEndless, plan.stormMs - sim.nowMs)) {
      throw new Violation(
        "convergence",
        [],
        `${sim.eventCount} events, and messages beget ever more messages`,
      );
    }
    sim.runFor(plan.stormMs - sim.nowMs);
  }

  /** Ends all trouble, waits until the cluster rests, and holds every answer against its history. */
  calmDown(): void {
    const rest = this.#chooseRest();
    this.faults.calm();
    if (rest !== null) this.#calmQuorum(rest);
    this.workload.stop();
    this.sessions.stop();
    this.#demandRest(this.sim.ids, () => this.faults.repair());
    this.faults.repair();
    const { records } = this.workload;
    if (this.#watches("acknowledgedStays")) {
      checkRevisionOrder(records, this.sim.member(this.sim.leader()!).member!);
    }
    this.#outliveSessions();
    if (this.plan.secondOpinion && this.#watches("linearizable")) this.#askSecondOpinion();
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

  #watches(invariant: InvariantName): boolean {
    return this.#watched?.has(invariant) ?? true;
  }

  // --- One quorum ----------------------------------------------------------------------------------------------

  /**
   * Whom a quorum has to do without at first; null where that cannot be said, because members came or went or none can be
   * spared.
   */
  #chooseRest(): Rest | null {
    const { plan, sim } = this;
    const { size } = plan.cluster;
    const spareCount = size - majorityOf(size);
    const intact = sim.ids.every((id) => !sim.member(id).damaged && sim.member(id).state !== "removed");
    if (spareCount === 0 || sim.ids.length !== size || !intact || this.#membersChange()) return null;

    const prng = new Prng(plan.rest.draw);
    if (plan.rest.kind === "shout") {
      const terms = sim.ids.map((id) => sim.member(id).member?.term ?? 0);
      const newest = Math.max(...terms);
      const old = sim.ids.find((id, i) => sim.member(id).member?.leads === true && terms[i]! < newest);
      if (old !== undefined) return { kind: "shout", ids: [old] };
    }
    if (plan.rest.kind === "flap") return { kind: "flap", ids: [prng.pick(sim.ids)] };
    const count = prng.between(1, spareCount);
    const left = [...sim.ids];
    const ids = Array.from({ length: count }, () => left.splice(prng.below(left.length), 1)[0]!);
    return { kind: "freeze", ids };
  }

  #membersChange(): boolean {
    return this.faults.done.some(({ action }) => action.kind === "request");
  }

  /** One quorum comes to rest without the rest; then, with a flapping link to the rest, its leader stays. */
  #calmQuorum({ kind, ids }: Rest): void {
    const { sim } = this;
    const quorum = sim.ids.filter((id) => !ids.includes(id));
    for (const member of ids) {
      for (const other of quorum) {
        sim.act({ kind: "cut", from: other, to: member });
        if (kind !== "shout") sim.act({ kind: "cut", from: member, to: other });
      }
    }
    this.workload.stop();
    this.sessions.stop();
    this.#demandRest(quorum, () => {});
    if (kind === "flap") {
      // Only once the member has come back in full: whatever term it brings, it brings now.
      sim.act({ kind: "heal" });
      this.#demandRest(sim.ids, () => {});
      this.#demandStay(ids[0]!);
    }
    sim.act({ kind: "heal" });
  }

  /** From now on nobody has a reason to want another leader, though one member hears the others only now and then. */
  #demandStay(chosen: MemberId): void {
    if (!this.#watches("leadershipStays")) return;
    const { sim } = this;
    const leader = sim.leader()!;
    const { term } = sim.member(leader).member!;
    const flapping = chosen === leader ? sim.ids.find((id) => id !== leader)! : chosen;
    const { tickMs, electionTicks } = this.plan.cluster.timing;
    const cutMs = CUT_ELECTIONS * electionTicks * tickMs;
    const openMs = electionTicks * tickMs;
    for (const untilMs = sim.nowMs + LEADS_ON_MS; sim.nowMs < untilMs;) {
      const kind = sim.nowMs % (cutMs + openMs) < cutMs ? "cut" : "mend";
      for (const from of sim.ids) if (from !== flapping) sim.act({ kind, from, to: flapping });
      sim.runFor(LOOK_EVERY_MS);
      const { member } = sim.member(leader);
      if (member?.leads && member.term === term) continue;
      throw new Violation(
        "leadershipStays",
        [leader],
        `${leader} led a healthy quorum in term ${term} and does not any more, now in term ${member?.term}`,
      );
    }
  }

  /** The members come to rest in time, or it is said what is still missing. */
  #demandRest(ids: readonly MemberId[], meanwhile: () => void): void {
    const { sim, plan } = this;
    const all = ids.length === sim.ids.length;
    let pending = "";
    for (let waitedMs = 0; waitedMs < plan.calmMsMax; waitedMs += LOOK_EVERY_MS) {
      sim.runFor(LOOK_EVERY_MS);
      // A disk that was full may have refused a write just before there was room again.
      const leader = sim.leader();
      for (const id of ids) {
        const isGone = leader !== null && sim.member(leader).member!.isRemoved(id);
        if (sim.member(id).state === "stopped" && !isGone) sim.act({ kind: "restart", member: id });
      }
      if (waitedMs % REPAIR_EVERY_MS === 0) meanwhile();
      const why = pendingConvergence(sim, all ? sim.ids : ids);
      if (why === null) return;
      pending = why;
    }
    const who = all ? "calm" : `calm among ${ids.length} of ${sim.ids.length}`;
    throw new Violation("convergence", [], `after ${plan.calmMsMax} ms of ${who}: ${pending}`);
  }

  #askSecondOpinion(): void {
    const verdict = checkLinearizable(kvModel, kvOperations(this.history.operations));
    if (verdict.kind !== "violation") return;
    throw new Violation(
      "linearizable",
      [],
      `the answer to request ${verdict.operation.requestId} fits no order of the operations before it`,
    );
  }
}

interface Rest {
  readonly kind: HuntPlan["rest"]["kind"];
  readonly ids: readonly MemberId[];
}

class HistoryKeeper implements SimObserver {
  readonly #history: ClientHistory;
  readonly #nowMs: () => number;

  constructor(history: ClientHistory, nowMs: () => number) {
    this.#history = history;
    this.#nowMs = nowMs;
  }

  onRequest: SimObserver["onRequest"] = (requestId, member, request, atMs) => {
    this.#history.invoked({ requestId, member, request, atMs });
  };

  onResponse: SimObserver["onResponse"] = (requestId, response) => {
    this.#history.returned(requestId, response, this.#nowMs());
  };
}

/** Plays the run of `seed` to its end; whatever goes wrong is in the result, with the number of the event. */
export function runHunt(
  seed: number,
  plan: HuntPlan = drawHuntPlan(seed),
  options: HuntOptions = {},
): HuntResult {
  const hunt = new Hunt(plan, options);
  let failure: HuntFailure | null = null;
  try {
    if (options.stormOnly) hunt.storm();
    else hunt.run();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const convicted = error instanceof Violation
      ? { invariant: error.invariant, members: error.members }
      : { invariant: error.name, members: [] };
    failure = {
      ...convicted,
      message: error.message,
      atEvent: hunt.sim.eventCount,
      atMs: hunt.sim.nowMs,
    };
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
    actions: hunt.faults.done,
    failure,
  };
}
