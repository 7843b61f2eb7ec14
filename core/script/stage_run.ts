// What carries a stage: a cluster under somebody's commands, and the only doors through which it is touched. A scenario
// owns its simulator; a lesson's cluster is a replayable run that a page lets go on, and whose readers act on it, too.

import type { MemberId } from "../base/ids.ts";
import { ClusterInvariants } from "../check/cluster_invariants.ts";
import type { ClientRequest, WatchCreate } from "../member/io.ts";
import type { OperatorAction } from "../sim/actions.ts";
import type { ClusterPlan } from "../sim/cluster_plan.ts";
import { ClusterSim } from "../sim/cluster_sim.ts";
import { runPlanOf } from "../timeline/plan.ts";
import { type RunListener, SimRun, type StoryEvent } from "../timeline/run.ts";
import type { Journal } from "./journal.ts";

export interface StageRun {
  /** To look at; it is touched through this run alone. */
  readonly sim: ClusterSim;
  /** @returns why nothing was done, or null. */
  act(action: OperatorAction): string | null;
  /** @returns the number under which the answer comes. */
  request(member: MemberId, request: ClientRequest): number;
  /** Opens a stream with one watch on it. @returns the number under which its answers come. */
  watch(member: MemberId, create: WatchCreate): number;
  /** The client of this request goes away. */
  cancel(member: MemberId, requestId: number): void;
  /** A client has taken one answer of a stream. */
  taken(member: MemberId, requestId: number): void;
  /** Lets this much virtual time pass; 0: what is due now happens. */
  runFor(ms: number): void;
  /** @returns false when `limitMs` of virtual time passed before `done` held. */
  runUntil(done: () => boolean, limitMs: number): boolean;
}

/** A simulator of the stage's own. */
export class DirectRun implements StageRun {
  readonly sim: ClusterSim;
  readonly #journal: Journal;

  constructor(plan: ClusterPlan, journal: Journal) {
    this.#journal = journal;
    this.sim = new ClusterSim(plan, [journal, new ClusterInvariants()]);
  }

  act(action: OperatorAction): string | null {
    const nothing = this.sim.act(action);
    // A member that was started and refused to run is not "nothing done": something was learnt.
    const isRefused = action.kind === "restart" && this.sim.member(action.member).state === "refused";
    if (nothing === null || isRefused) this.#journal.acted(action);
    return nothing;
  }

  request(member: MemberId, request: ClientRequest): number {
    const requestId = this.sim.request(member, request);
    this.#journal.asked(requestId, member, request);
    return requestId;
  }

  watch(member: MemberId, create: WatchCreate): number {
    const requestId = this.sim.request(member, { kind: "watch", requireLeader: false });
    this.sim.say(member, requestId, { kind: "create", create });
    return requestId;
  }

  cancel(member: MemberId, requestId: number): void {
    this.sim.cancel(member, requestId);
  }

  taken(member: MemberId, requestId: number): void {
    this.sim.taken(member, requestId, { count: 1, delayMs: 0 });
  }

  runFor(ms: number): void {
    this.sim.runFor(ms);
  }

  runUntil(done: () => boolean, limitMs: number): boolean {
    return this.sim.runUntil(done, limitMs);
  }
}

/** A replayable run, which remembers all that is done to it. Whoever else acts on it is heard as well. */
export class RecordedRun implements StageRun {
  readonly #run: SimRun;
  readonly #reporter: RunReporter;

  constructor(run: SimRun, reporter: RunReporter) {
    this.#run = run;
    this.#reporter = reporter;
  }

  /** What carries a stage whose cluster is a run of its own. */
  static carry(plan: ClusterPlan, journal: Journal): StageRun {
    const reporter = new RunReporter(journal, () => run);
    const run: SimRun = new SimRun({ plan: runPlanOf(plan) }, reporter);
    return new RecordedRun(run, reporter);
  }

  get sim(): ClusterSim {
    return this.#run.sim;
  }

  act(action: OperatorAction): string | null {
    const nothing = this.#run.act(action);
    this.#reporter.flush();
    if (nothing !== null || action.kind !== "restart") return nothing;
    // A run takes a start that was refused for something that happened.
    const { state, why } = this.sim.member(action.member);
    return state === "refused" ? why : null;
  }

  request(member: MemberId, request: ClientRequest): number {
    const requestId = this.#run.nextRequestId;
    this.#run.act({ kind: "request", member, request });
    return requestId;
  }

  watch(member: MemberId, create: WatchCreate): number {
    const requestId = this.#run.nextRequestId;
    this.#run.act({ kind: "watch", member, create });
    return requestId;
  }

  cancel(member: MemberId, requestId: number): void {
    this.#run.act({ kind: "cancel", member, requestId });
  }

  /** The run takes what its watches say at once. */
  taken(): void {}

  /** A run stands at whole milliseconds, after all their events: what is due now has happened a millisecond later. */
  runFor(ms: number): void {
    this.#run.advanceTo(this.#run.nowMs + Math.max(1, Math.ceil(ms)));
  }

  runUntil(done: () => boolean, limitMs: number): boolean {
    const untilMs = this.#run.nowMs + limitMs;
    while (!done()) {
      if (this.#run.nowMs >= untilMs || this.#run.violation !== null) return false;
      this.#run.advanceTo(this.#run.nowMs + 1);
    }
    return true;
  }
}

/** Tells a journal what happens in a run, whoever does it: a command, or a reader on the page. */
export class RunReporter implements RunListener {
  readonly #journal: Journal;
  readonly #runOf: () => SimRun;
  /** A start is told before the member speaks; whether it was refused shows only after. */
  #started: OperatorAction | null = null;

  /** @param runOf the run, which may be made only after its listener. */
  constructor(journal: Journal, runOf: () => SimRun) {
    this.#journal = journal;
    this.#runOf = runOf;
  }

  /** Tells what is held back: a start that was refused, since nothing more comes of it. */
  flush(): void {
    if (this.#started !== null) this.#journal.acted(this.#started);
    this.#started = null;
  }

  onEvent({ number, atMs, member, event }: StoryEvent): void {
    this.flush();
    if (event.kind !== "action") {
      if (member !== null) this.#journal.onTrace({ number, atMs, member, event });
      return;
    }
    const { action } = event;
    switch (action.kind) {
      case "request":
        return this.#journal.asked(this.#runOf().nextRequestId - 1, action.member, action.request);
      case "watch":
      case "cancel":
        // Whoever opened the watch has noted it: what is asked of it is nobody else's business.
        return;
      case "cutBoth":
      case "mendBoth": {
        const kind = action.kind === "cutBoth" ? "cut" : "mend";
        this.#journal.acted({ kind, from: action.a, to: action.b });
        return this.#journal.acted({ kind, from: action.b, to: action.a });
      }
      case "restart":
        this.#started = action;
        return;
      default:
        if (action.kind === "crash") this.#journal.onCrash(this.#runOf().sim, action.member);
        this.#journal.acted(action);
    }
  }

  onResponse(...[requestId, response, last]: Parameters<NonNullable<RunListener["onResponse"]>>): void {
    this.#journal.onResponse(requestId, response, last);
  }
}
