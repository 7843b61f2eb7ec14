// Stages a story on a replayable run: acts, waits for what must follow, and says so when it does not. What comes out
// is nothing but a plan and timed actions, so that a staged moment is a run like any other.

import { type MemberId } from "../../base/ids.ts";
import { utf8 } from "../../base/bytes.ts";
import { putRequest, rangeRequest } from "../../kv/requests.ts";
import type { MemberView } from "../../member/view.ts";
import type { SimMemberState } from "../../sim/cluster_sim.ts";
import type { RunPlan } from "../plan.ts";
import { type RunAction, SimRun, type StoryEvent } from "../run.ts";

/** A story did not go as it was written: the core plays it in another way now. */
export class StagingError extends Error {
  override name = "StagingError";
}

/** Virtual milliseconds within which whatever a story waits for must have come. */
const PATIENCE_MS = 20_000;
/** Longer than any frame is on its way in the teaching profile. */
const IN_FLIGHT_MS_MAX = 20;
/** A timer that does not strike while a story is told. */
const HELD_TICKS = 50_000;

export class Director {
  readonly run: SimRun;
  #momentMs: number | null = null;
  /** Members whose timers must not strike: chance taken out, said aloud as `pin` in the list of actions. */
  #held: ReadonlySet<number> = new Set();

  constructor(plan: RunPlan) {
    this.run = new SimRun({ plan });
  }

  /** The member infra`number`, counted from 1. */
  id(number: number): MemberId {
    return this.run.sim.idOf(`infra${number}`);
  }

  /** What member infra`number` shows of itself. @throws StagingError when it does not run. */
  view(number: number): MemberView {
    const view = this.run.sim.view(this.id(number));
    if (view === null) throw new StagingError(`infra${number} does not run`);
    return view;
  }

  /** Every member's number. */
  get all(): readonly number[] {
    return Array.from({ length: this.run.plan.size }, (_, at) => at + 1);
  }

  /** Every number but these. */
  others(...numbers: readonly number[]): readonly number[] {
    return this.all.filter((number) => !numbers.includes(number));
  }

  act(action: RunAction): void {
    const why = this.run.act(action);
    if (why !== null) throw new StagingError(`${action.kind} at ${this.run.nowMs} ms: ${why}`);
  }

  /** Lets virtual time pass. */
  wait(ms: number): void {
    const untilMs = this.run.nowMs + ms;
    while (this.run.nowMs < untilMs) this.#tick();
  }

  /** Lets time pass, a millisecond at a time and at least one, until something holds. @throws StagingError when it never does. */
  until(what: string, holds: () => boolean): void {
    const limitMs = this.run.nowMs + PATIENCE_MS;
    do {
      if (this.run.nowMs >= limitMs || this.run.violation !== null) {
        throw new StagingError(`waited in vain: ${what}`);
      }
      this.#tick();
    } while (!holds());
  }

  /** Until an event like this is told, from now on. */
  untilEvent(what: string, isIt: (event: StoryEvent) => boolean): StoryEvent {
    const after = this.run.eventNumber;
    let found: StoryEvent | undefined;
    this.until(what, () => {
      found = this.run.story.findLast((told) => told.number > after && isIt(told));
      return found !== undefined;
    });
    return found!;
  }

  /** From now on the timers of these members do not strike; of all others, they do as they like. */
  hold(numbers: readonly number[]): void {
    const were = this.#held;
    this.#held = new Set(numbers);
    for (const number of were) if (!this.#held.has(number)) this.#letGo(number);
    this.#pinHeld();
  }

  /** No timer is held any longer. */
  release(): void {
    this.hold([]);
  }

  /** Its timer strikes now. */
  elect(number: number): void {
    this.act({ kind: "elect", member: this.id(number) });
  }

  crash(number: number): void {
    this.act({ kind: "crash", member: this.id(number) });
  }

  restart(number: number): void {
    this.act({ kind: "restart", member: this.id(number) });
    this.#pinHeld();
  }

  /** It crashes, what it said last is lost with the links that were cut, and then every link is whole again. */
  leave(number: number): void {
    this.crash(number);
    this.wait(IN_FLIGHT_MS_MAX);
    this.heal();
  }

  /** Nothing that one says reaches any of the others. */
  mute(from: number, to: readonly number[]): void {
    for (const other of to) this.act({ kind: "cut", from: this.id(from), to: this.id(other) });
  }

  unmute(from: number, to: readonly number[]): void {
    for (const other of to) this.act({ kind: "mend", from: this.id(from), to: this.id(other) });
  }

  /** Only members of one group hear each other. */
  partition(...groups: readonly (readonly number[])[]): void {
    this.act({ kind: "partition", groups: groups.map((group) => group.map((number) => this.id(number))) });
  }

  heal(): void {
    this.act({ kind: "heal" });
  }

  put(number: number, key: string, value: string): void {
    const request = putRequest({ key: utf8(key), value: utf8(value) });
    this.act({ kind: "request", member: this.id(number), request });
  }

  read(number: number, key: string, serializable: boolean): void {
    const request = rangeRequest({ key: utf8(key), serializable });
    this.act({ kind: "request", member: this.id(number), request });
  }

  state(number: number): SimMemberState {
    return this.run.sim.member(this.id(number)).state;
  }

  leads(number: number): boolean {
    return this.run.sim.view(this.id(number))?.role === "leader";
  }

  /** Waits until this one leads and all others have applied what it has; names it in front of any other. */
  settle(number: number): void {
    this.hold(this.others(number));
    if (!this.leads(number)) {
      this.until("a first log", () => this.run.sim.view(this.id(number)) !== null);
      this.elect(number);
    }
    this.until(`infra${number} leads`, () => this.leads(number));
    this.level();
  }

  /** Waits until every running member has applied all that any of them has, and has said so. */
  level(): void {
    this.until("all logs level", () => {
      const views = this.run.sim.views();
      const lasts = new Set(views.map(({ lastIndex }) => lastIndex));
      const leader = views.find(({ role }) => role === "leader");
      return lasts.size === 1 && leader !== undefined && leader.members.every(({ name }) => name !== "") &&
        views.every(({ applied, lastIndex }) => applied === lastIndex);
    });
  }

  /** This is the moment: where a visitor comes in. What is staged after it lies ahead of them. */
  moment(): void {
    this.#momentMs = this.run.nowMs;
    // What is done from here on is done later: whoever comes in at the moment has not seen it yet.
    this.#tick();
  }

  /** The run as it stands at the moment, with what was staged after it still to come. */
  staged(): SimRun {
    if (this.#momentMs === null) throw new StagingError("the story has no moment");
    return this.run.at(this.#momentMs);
  }

  #tick(): void {
    this.run.advanceTo(this.run.nowMs + 1);
    this.#pinHeld();
  }

  /** A timer draws anew whenever it is reset by an election: what is held is pinned again. */
  #pinHeld(): void {
    for (const number of this.#held) {
      if (!this.#isWaiting(number) || this.view(number).timer.deadlineTicks >= HELD_TICKS) continue;
      this.act({ kind: "pin", member: this.id(number), deadlineTicks: HELD_TICKS });
    }
  }

  /** A timer that was held strikes a usual time after its last reset, the lower number first. */
  #letGo(number: number): void {
    if (!this.#isWaiting(number)) return;
    const { electionTicks, elapsedTicks } = this.view(number).timer;
    const deadlineTicks = Math.max(electionTicks, elapsedTicks) + number;
    this.act({ kind: "pin", member: this.id(number), deadlineTicks });
  }

  #isWaiting(number: number): boolean {
    return this.state(number) === "running" && !this.leads(number);
  }
}
