// A replayable run: a plan, the actions done to it, and nothing else. Whatever moment of it is wanted can be reached
// again, by event or by time, here or in another browser; keyframes only make that quick.
//
//   plan, seed ──▶ ○──────●───────────●──────▶ head        ● actions, each at a whole millisecond, after all
//                  k      k     k     k                       events of that millisecond
//                                 └─▶ at(T): a run of its own; acting on it makes it a branch

import { InvariantViolation } from "../base/assert.ts";
import type { MemberId } from "../base/ids.ts";
import { ClusterInvariants, type ClusterInvariantsState } from "../check/cluster_invariants.ts";
import { type InvariantName, Violation } from "../check/violation.ts";
import type { ClientResponse, WatchCreate } from "../member/io.ts";
import type { TraceEvent } from "../member/trace.ts";
import type { OperatorAction } from "../sim/actions.ts";
import { ClusterSim, type ClusterSimState, type SimObserver, type TraceRecord } from "../sim/cluster_sim.ts";
import { type RunPlan, simPlanOf } from "./plan.ts";

export type RunAction =
  | OperatorAction
  /** Both directions of a link, as one gesture. */
  | { readonly kind: "cutBoth" | "mendBoth"; readonly a: MemberId; readonly b: MemberId }
  /** A client opens a stream with one watch and takes whatever it says at once. */
  | { readonly kind: "watch"; readonly member: MemberId; readonly create: WatchCreate }
  /** The client of this request goes away. */
  | { readonly kind: "cancel"; readonly member: MemberId; readonly requestId: number };

export interface TimedAction {
  readonly atMs: number;
  readonly action: RunAction;
}

/** One thing that happened, counted from 1 through the whole run: what a link's `at` names. */
export interface StoryEvent {
  readonly number: number;
  readonly atMs: number;
  readonly member: MemberId | null;
  readonly event: TraceEvent | { readonly kind: "action"; readonly action: RunAction };
}

/** A rule of Raft broken: the run ends here. */
export interface RunViolation {
  readonly invariant: InvariantName | "assertion";
  readonly members: readonly MemberId[];
  readonly message: string;
  readonly atMs: number;
  readonly eventNumber: number;
}

/** Sees a run as its head moves. Not called while the past is replayed. */
export interface RunListener {
  onEvent?(event: StoryEvent): void;
  onSend?(from: MemberId, to: MemberId, frame: Uint8Array, atMs: number): void;
  onResponse?(requestId: number, response: ClientResponse, last: boolean): void;
}

interface Keyframe {
  readonly sim: ClusterSimState;
  readonly invariants: ClusterInvariantsState;
  readonly watches: readonly (readonly [requestId: number, member: MemberId])[];
  readonly nowMs: number;
  readonly eventNumber: number;
  readonly actionCount: number;
}

export interface RunOrigin {
  readonly plan: RunPlan;
  /** In order of time; what lies ahead of the head is done as it gets there. */
  readonly actions?: readonly TimedAction[];
  /** A cluster caught alive to go on from; otherwise the run begins with its plan. */
  readonly from?: ClusterSimState | null;
  /** Events before the first, for a run that goes on from another. */
  readonly eventsBefore?: number;
}

/** Events of the simulator between two keyframes. */
const KEYFRAME_EVENTS = 600;
const KEYFRAME_COUNT_MAX = 64;
/** Story kept in memory; a run further on forgets its oldest events, though not how to reach them. */
export const STORY_COUNT_MAX = 20_000;

export class SimRun {
  readonly plan: RunPlan;
  readonly from: ClusterSimState | null;
  readonly eventsBefore: number;
  readonly #listener: RunListener;
  #actions: TimedAction[];
  /** Actions done so far. */
  #actionCount: number;
  #keyframes: Keyframe[];
  #sim: ClusterSim;
  #invariants: ClusterInvariants;
  /** Watches whose answers are taken at once. */
  #watches: Map<number, MemberId>;
  #nowMs: number;
  #eventNumber: number;
  #story: StoryEvent[] = [];
  #violation: RunViolation | null = null;

  constructor(origin: RunOrigin, listener: RunListener = {}, at?: Keyframe) {
    this.plan = origin.plan;
    this.from = origin.from ?? null;
    this.eventsBefore = origin.eventsBefore ?? 0;
    this.#listener = listener;
    this.#actions = [...origin.actions ?? []];
    this.#actionCount = at?.actionCount ?? 0;
    this.#eventNumber = at?.eventNumber ?? this.eventsBefore;
    this.#nowMs = at?.nowMs ?? Math.floor(this.from?.queue.nowMs ?? 0);
    this.#invariants = new ClusterInvariants(at?.invariants);
    this.#watches = new Map(at?.watches ?? []);
    const state = at?.sim ?? this.from ?? undefined;
    this.#sim = new ClusterSim(simPlanOf(this.plan), [this.#invariants, this.#observer()], state);
    this.#keyframes = [at ?? this.#capture()];
  }

  get sim(): ClusterSim {
    return this.#sim;
  }

  /** Whole virtual milliseconds: everything up to and with this one has happened. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Number of the newest event. */
  get eventNumber(): number {
    return this.#eventNumber;
  }

  /** Names everything that happened so far: equal wherever the same run stands at the same event. */
  get hash(): string {
    return this.#sim.traceHash;
  }

  /** Every action so far, and those that still lie ahead. */
  get actions(): readonly TimedAction[] {
    return this.#actions;
  }

  /** Actions that lie ahead of this moment: a run opened from a link plays them as it goes. */
  get aheadCount(): number {
    return this.#actions.length - this.#actionCount;
  }

  /** The newest events, oldest first. */
  get story(): readonly StoryEvent[] {
    return this.#story;
  }

  get violation(): RunViolation | null {
    return this.#violation;
  }

  /** How often a member was held against the rules. */
  get checkCount(): number {
    return this.#invariants.checkCount;
  }

  /** Everything up to and with this millisecond happens; stops where a rule breaks. */
  advanceTo(ms: number): void {
    const untilMs = Math.floor(ms);
    while (this.#violation === null && this.#nowMs < untilMs) {
      const due = this.#actions[this.#actionCount];
      const nextMs = due === undefined ? untilMs : Math.min(Math.max(due.atMs, this.#nowMs), untilMs);
      this.#runTo(nextMs);
      this.#doDue();
    }
    if (this.#nowMs === untilMs) this.#doDue();
  }

  /** Goes on until this event has happened; false when it does not within `limitMs` of virtual time. */
  advanceToEvent(number: number, limitMs = 3_600_000): boolean {
    const untilMs = this.#nowMs + limitMs;
    while (this.#eventNumber < number) {
      if (this.#violation !== null || this.#nowMs >= untilMs) return false;
      const due = this.#actions[this.#actionCount];
      const nextMs = Math.ceil(this.#nextEventMs() ?? Infinity);
      const target = Math.min(nextMs, due?.atMs ?? Infinity);
      if (!Number.isFinite(target)) return false;
      // A millisecond is the smallest step that a run can be left at: actions follow all its events.
      this.#runTo(Math.max(target, this.#nowMs));
      this.#doDue();
    }
    return true;
  }

  /** @returns why the action would change nothing, or null when it was done. What lay ahead is dropped. */
  act(action: RunAction): string | null {
    this.#actions.length = this.#actionCount;
    this.#actions.push({ atMs: this.#nowMs, action });
    const why = this.#do(action);
    if (why !== null) {
      // Nothing happened: it is no part of the run.
      this.#actions.pop();
      this.#actionCount -= 1;
    }
    return why;
  }

  /** The number that the next request, or watch, will have. */
  get nextRequestId(): number {
    return this.#sim.nextRequestId;
  }

  /** The run as it was at this millisecond: another run over the same plan and actions. */
  at(ms: number, listener: RunListener = {}): SimRun {
    const start = this.#keyframes.findLast(({ nowMs }) => nowMs <= ms) ?? this.#keyframes[0]!;
    const past = this.#again(start, listener);
    past.advanceTo(Math.min(ms, this.#nowMs));
    return past;
  }

  /** The run as it was when this event had just happened. */
  atEvent(number: number, listener: RunListener = {}): SimRun {
    const start = this.#keyframes.findLast(({ eventNumber }) => eventNumber < number) ?? this.#keyframes[0]!;
    const past = this.#again(start, listener);
    past.advanceToEvent(number, this.#nowMs - past.nowMs + 1);
    return past;
  }

  /** Earliest moment that can be reached. */
  get fromMs(): number {
    return this.#keyframes[0]!.nowMs;
  }

  /** A copy that stands here and has no future yet, sharing nothing that changes. */
  branch(listener: RunListener = {}): SimRun {
    const copy = this.copy(listener);
    copy.#actions.length = copy.#actionCount;
    return copy;
  }

  /** A copy that stands here and has the same future: what lies ahead of this run lies ahead of it. */
  copy(listener: RunListener = {}): SimRun {
    const copy = this.#again(this.#capture(), listener);
    copy.#keyframes = [...this.#keyframes.filter(({ nowMs }) => nowMs < this.#nowMs), ...copy.#keyframes];
    copy.#story = [...this.#story];
    copy.#violation = this.#violation;
    return copy;
  }

  #again(at: Keyframe, listener: RunListener): SimRun {
    const { plan, from, eventsBefore } = this;
    return new SimRun({ plan, actions: this.#actions, from, eventsBefore }, listener, at);
  }

  #nextEventMs(): number | null {
    let next: number | null = null;
    for (const { atMs } of this.#sim.planned()) if (next === null || atMs < next) next = atMs;
    return next;
  }

  #runTo(ms: number): void {
    try {
      this.#sim.runFor(ms - this.#sim.nowMs);
      this.#nowMs = ms;
      const last = this.#keyframes[this.#keyframes.length - 1]!;
      if (this.#sim.eventCount - last.sim.eventCount >= KEYFRAME_EVENTS) this.#keep();
    } catch (error) {
      this.#convict(error);
    }
  }

  #doDue(): void {
    for (
      let due = this.#actions[this.#actionCount];
      due !== undefined;
      due = this.#actions[this.#actionCount]
    ) {
      if (due.atMs > this.#nowMs || this.#violation !== null) return;
      this.#do(due.action);
    }
  }

  /** @returns why it changed nothing, or null; an action that was tried and failed belongs to the run all the same. */
  #do(action: RunAction): string | null {
    this.#actionCount += 1;
    const { state } = "member" in action ? this.#sim.member(action.member) : { state: null };
    // A member that starts speaks at once: what was done to it is told before.
    const starts = action.kind === "restart" && (state === "stopped" || state === "refused");
    if (starts) this.#tell(null, { kind: "action", action });
    try {
      const why = this.#perform(action);
      if (why !== null && !starts) return why;
      if (!starts) this.#tell(null, { kind: "action", action });
    } catch (error) {
      this.#convict(error);
    }
    return null;
  }

  #perform(action: RunAction): string | null {
    switch (action.kind) {
      case "cutBoth":
      case "mendBoth": {
        const { network } = this.#sim;
        const change = action.kind === "cutBoth" ? network.cut : network.mend;
        change.call(network, action.a, action.b);
        change.call(network, action.b, action.a);
        return null;
      }
      case "watch": {
        const requestId = this.#sim.request(action.member, { kind: "watch", requireLeader: false });
        this.#watches.set(requestId, action.member);
        this.#sim.say(action.member, requestId, { kind: "create", create: action.create });
        return null;
      }
      case "cancel":
        this.#watches.delete(action.requestId);
        this.#sim.cancel(action.member, action.requestId);
        return null;
      default:
        return this.#sim.act(action);
    }
  }

  #observer(): SimObserver {
    return {
      onTrace: (record: TraceRecord) => this.#tell(record.member, record.event),
      onSend: (from, to, frame) => this.#listener.onSend?.(from, to, frame, this.#simNowMs),
      onResponse: (requestId, response, last) => {
        const watcher = this.#watches.get(requestId);
        if (watcher !== undefined) {
          if (last) this.#watches.delete(requestId);
          else this.#sim.taken(watcher, requestId, { count: 1, delayMs: 0 });
        }
        this.#listener.onResponse?.(requestId, response, last);
      },
    };
  }

  #tell(member: MemberId | null, event: StoryEvent["event"]): void {
    const told: StoryEvent = { number: ++this.#eventNumber, atMs: this.#simNowMs, member, event };
    this.#story.push(told);
    if (this.#story.length > STORY_COUNT_MAX) this.#story = this.#story.slice(STORY_COUNT_MAX / 4);
    this.#listener.onEvent?.(told);
  }

  /** The first words come while the cluster is being made: there is no sim yet to ask. */
  get #simNowMs(): number {
    return (this.#sim as ClusterSim | undefined)?.nowMs ?? this.#nowMs;
  }

  #convict(error: unknown): void {
    if (!(error instanceof Violation) && !(error instanceof InvariantViolation)) throw error;
    this.#nowMs = Math.floor(this.#sim.nowMs);
    this.#violation = {
      invariant: error instanceof Violation ? error.invariant : "assertion",
      members: error instanceof Violation ? error.members : [],
      message: error.message,
      atMs: this.#sim.nowMs,
      eventNumber: this.#eventNumber,
    };
  }

  #capture(): Keyframe {
    return {
      sim: this.#sim.capture(),
      invariants: this.#invariants.capture(),
      watches: [...this.#watches],
      nowMs: this.#nowMs,
      eventNumber: this.#eventNumber,
      actionCount: this.#actionCount,
    };
  }

  #keep(): void {
    this.#keyframes.push(this.#capture());
    if (this.#keyframes.length <= KEYFRAME_COUNT_MAX) return;
    const half = Math.floor(this.#keyframes.length / 2);
    this.#keyframes = this.#keyframes.filter((_, at) => at === 0 || at >= half || at % 2 === 0);
  }
}
