// What the time bar does: where it stands, steps, stops, branches, shares. The runs themselves are the time machine's.

import { SHOWN_INVARIANTS, type ShownInvariant, ViewInvariants } from "../../core/check/view_invariants.ts";
import type { MemberId } from "../../core/base/ids.ts";
import type { RunFile, RunReading } from "../../core/timeline/run_file.ts";
import type { ClusterEvent, ClusterFrame } from "../../workers/browser/cluster_api.ts";
import { type Fact, FactTeller } from "./facts.ts";
import type { Session } from "./session.svelte.ts";
import { isInteresting, isStop, type Parting, partingOf } from "./time_events.ts";
import { TimeLine } from "./time_line.svelte.ts";
import type { Lane, TimeMachine } from "./time_machine.svelte.ts";

export const STOP_NAMES = ["never", "leader", "commit", "violation"] as const;
export type StopName = typeof STOP_NAMES[number];

/** What a share came to: said beside the button. */
export type Shared =
  | { readonly kind: "link"; readonly exact: boolean; readonly copied: boolean; readonly url: string }
  | { readonly kind: "file" }
  | null;

/** What the proof strip says. */
export interface Proof {
  readonly checkCount: number;
  readonly broken: {
    readonly invariant: ShownInvariant | "assertion" | string;
    readonly members: readonly MemberId[];
    readonly index: number | null;
    readonly message: string;
    readonly eventNumber: number;
    readonly atMs: number;
  } | null;
}

export const INVARIANT_COUNT = SHOWN_INVARIANTS.length;

export class TimeTravel {
  readonly machine: TimeMachine;
  readonly #session: Session;
  readonly #lines = new Map<number, TimeLine>();
  readonly #checkers = new Map<number, ViewInvariants>();
  /** The event under the playhead; null in the present. */
  event: ClusterEvent | null = $state.raw(null);
  stopAt: StopName = $state("never");
  shared: Shared = $state.raw(null);
  proof: Proof = $state.raw({ checkCount: 0, broken: null });
  /** The lane's first event that the lane beside it does not have. */
  parting: Parting | null = $state.raw(null);
  #toldNumber = 0;

  constructor(machine: TimeMachine, session: Session) {
    this.machine = machine;
    this.#session = session;
    this.#lines.set(machine.lane.id, session.timeLine);
    if (machine.lane.cluster.archive.length > 0) {
      session.timeLine.read(machine.lane.cluster.archive, machine.now());
    }
    machine.onEnter = (lane) => this.#entered(lane);
  }

  get lane(): Lane {
    return this.machine.lane;
  }

  get isPast(): boolean {
    return this.machine.lookingAtMs !== null;
  }

  /** Number of the newest event before the moment on the stage. */
  get eventNumber(): number {
    const { frame } = this.#session;
    return frame.run?.eventNumber ?? this.event?.number ?? this.#session.narrator.eventNumber;
  }

  /** What names the run up to there; null for a live cluster. */
  get hash(): string | null {
    return this.#session.frame.run?.hash ?? null;
  }

  /** Every frame of the present, with what was new in it. */
  take(frame: ClusterFrame, facts: readonly Fact[]): void {
    const fresh = frame.events.filter(({ number }) => number > this.#toldNumber);
    this.#prove(frame, fresh);
    if (this.#stops(fresh, facts)) this.#session.pauseClock();
    for (const { number } of fresh) this.#toldNumber = Math.max(this.#toldNumber, number);
  }

  /** A moment of the past has come on stage: its caption is that of the last event before it. */
  takePast(frame: ClusterFrame): void {
    const teller = new FactTeller();
    let caption: Fact | null = null;
    for (const event of frame.events) caption = teller.tell(event, frame) ?? caption;
    this.#session.narrator.caption = caption;
    this.event = frame.events.findLast(isStop) ?? null;
    this.#session.ticker.touch();
  }

  // --- Moving --------------------------------------------------------------------------------------------------

  seek(ms: number): void {
    this.#session.touched();
    this.#session.act(this.machine.lookAt(ms).catch((error: Error) => this.#session.notice = error.message));
  }

  now(): void {
    this.event = null;
    this.machine.lookNow();
  }

  /** By one event; by one that is worth a mark, if asked. Beyond the newest one is the present. */
  step(direction: 1 | -1, interesting = false): void {
    const isWanted = interesting ? isInteresting : isStop;
    const stops = this.machine.archive.filter(isWanted);
    const atMs = this.machine.now();
    // Events of one moment are one step: the picture is the same for all of them.
    const target = direction === 1
      ? stops.find((event) => event.atMs > atMs)
      : stops.findLast((event) => event.atMs < (this.isPast ? atMs : atMs - 0.001));
    if (target !== undefined) return this.seek(target.atMs);
    if (direction === 1) {
      if (this.isPast) this.now();
      else this.#session.step();
    }
  }

  branch(): void {
    this.#session.act(this.machine.branch().catch((error: Error) => this.#session.notice = error.message));
  }

  show(lane: Lane): void {
    this.machine.show(lane);
  }

  /** Puts another lane beside the one on the stage, or takes it away. */
  compare(lane: Lane | null): void {
    this.machine.beside = lane;
    this.parting = lane === null ? null : partingOf(this.lane, lane);
  }

  // --- Sharing -------------------------------------------------------------------------------------------------

  /**
   * Copies a link to this very moment. A live cluster is shared as what it is now, to go on in the simulator; one that
   * has grown too large for a link, as its plan and what was done to it, which chance may turn out otherwise.
   */
  async share(): Promise<void> {
    const { LINK_LENGTH_MAX, runQuery } = await runs();
    const { exact, file } = await this.#file();
    let query = await runQuery(file);
    let isExact = exact;
    if (query.toString().length > LINK_LENGTH_MAX && this.machine.kind === "live") {
      query = await runQuery(await this.#replayed());
      isExact = false;
    }
    if (query.toString().length > LINK_LENGTH_MAX) return await this.download();
    const url = `${location.href.split("#")[0]}#/run?${query}`;
    let copied = true;
    try {
      await navigator.clipboard.writeText(url);
    } catch {
      // Not every browser lets a page write there; the address is on show instead.
      copied = false;
    }
    this.shared = { kind: "link", exact: isExact, copied, url };
  }

  async download(): Promise<void> {
    const { runFileToText } = await runs();
    const { file } = await this.#file();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([runFileToText(file)], { type: "application/json" }));
    link.download = `flotilla-${file.plan.seed.toString(16)}-${file.at?.eventNumber ?? 0}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    this.shared = { kind: "file" };
  }

  async upload(file: Blob): Promise<void> {
    const { readRunText } = await runs();
    await this.opened(readRunText(await file.text()));
  }

  async openQuery(query: URLSearchParams): Promise<void> {
    const { readRunQuery } = await runs();
    await this.opened(await readRunQuery(query));
  }

  /** A run that was read takes the stage; anything else is said in a sentence, and nothing changes. */
  async opened(reading: RunReading): Promise<void> {
    const { text } = this.#session;
    this.#session.touched();
    if (reading.kind !== "run") {
      this.#session.notice = text.runs.notOpened[reading.kind](reading.kind === "broken" ? reading.why : "");
      return;
    }
    const { openRun } = await runs();
    const opening = openRun(reading.file);
    if (opening.kind === "broken") {
      this.#session.notice = text.runs.notOpened.broken(opening.why);
      return;
    }
    this.#session.firstRun.leave();
    await this.machine.open(opening.run);
    this.#session.notice = opening.agrees ? null : text.runs.disagrees;
  }

  async #file(): Promise<{ exact: boolean; file: RunFile }> {
    const { fileOf } = await runs();
    const run = await this.machine.branchAt(this.machine.now());
    return { exact: true, file: fileOf(run) };
  }

  /** Plan and actions played in the simulator up to now. */
  async #replayed(): Promise<RunFile> {
    const { fileOf, SimRun } = await runs();
    const { actions } = this.machine;
    const run = new SimRun({ plan: this.machine.frame.plan, actions });
    run.advanceTo(this.machine.now());
    return fileOf(run);
  }

  // --- Inside --------------------------------------------------------------------------------------------------

  #entered(lane: Lane): void {
    let line = this.#lines.get(lane.id);
    if (line === undefined) {
      line = new TimeLine();
      line.read(lane.cluster.archive, lane.cluster.now());
      this.#lines.set(lane.id, line);
    }
    const newest = lane.cluster.archive.reduce((most, { number }) => Math.max(most, number), 0);
    this.#toldNumber = newest;
    this.#session.timeLine = line;
    this.#session.narrator.skipTo(newest);
    this.event = null;
    this.shared = null;
    if (this.machine.beside !== null) this.parting = partingOf(lane, this.machine.beside);
    else if (lane.parent !== null) this.parting = null;
  }

  #stops(fresh: readonly ClusterEvent[], facts: readonly Fact[]): boolean {
    switch (this.stopAt) {
      case "never":
      case "violation":
        return false;
      case "leader":
        return fresh.some(({ event }) => event.kind === "role" && event.role === "leader");
      case "commit":
        return facts.some((fact) => fact.kind === "committed");
    }
  }

  #prove(frame: ClusterFrame, fresh: readonly ClusterEvent[]): void {
    const { cluster, id } = this.lane;
    let checker = this.#checkers.get(id);
    if (checker === undefined) this.#checkers.set(id, checker = new ViewInvariants());
    for (const { member, event } of fresh) {
      if (member !== null && event.kind !== "operator") checker.takeEvent(member, event);
    }
    for (const { id: member, state, view } of frame.members) {
      if (state === "running" && view !== null) checker.takeView(view);
      else if (state === "stopped") checker.forget(member);
    }
    const seen = checker.violation;
    const told = frame.violation ?? null;
    const checkCount = frame.checkCount ?? checker.checkCount;
    const eventNumber = this.proof.broken?.eventNumber ?? frame.events[frame.events.length - 1]?.number ?? 0;
    const broken = told !== null
      ? { ...told, index: null }
      : seen !== null
      ? { ...seen, eventNumber, atMs: this.proof.broken?.atMs ?? cluster.now() }
      : null;
    if (checkCount === this.proof.checkCount && (broken === null) === (this.proof.broken === null)) return;
    if (broken !== null && this.proof.broken === null) this.#session.pauseClock();
    this.proof = { checkCount, broken };
  }

  /** Another cluster begins on this lane: nothing that was seen says anything about it. */
  reset(): void {
    this.#checkers.delete(this.lane.id);
    this.proof = { checkCount: 0, broken: null };
    this.#toldNumber = this.machine.archive.reduce((most, { number }) => Math.max(most, number), 0);
  }
}

function runs(): Promise<typeof import("./run_desk.ts")> {
  return import("./run_desk.ts");
}
