/// <reference lib="dom" />
// The page's side of a live cluster's past: a historian in a worker of its own, and beside it what only the page knew
// at each moment, which members ran and which links were cut.

import { type Remote, transfer, wrap } from "comlink";
import type { MemberId } from "../../core/base/ids.ts";
import type { RunAction, SimRun, TimedAction } from "../../core/timeline/run.ts";
import type { ClusterEvent, ClusterFrame, ClusterPlan, HostedMember, LinkCut } from "./cluster_api.ts";
import { EVENT_COUNT_MAX } from "./happenings.ts";
import type { HistorianControl } from "./historian.ts";

/** How the cluster stood from this time on. */
interface Standing {
  readonly atMs: number;
  readonly members: readonly HostedMember[];
  readonly cuts: readonly LinkCut[];
}

const STANDING_COUNT_MAX = 2_000;
const ACTION_COUNT_MAX = 5_000;
/** How often the page asks how far back the journals reach, in real milliseconds. */
const SPAN_MS = 5_000;

const TOO_LONG_AGO = "the journals no longer reach back that far";

/** The historian starts when the members have their leader: until then they need the machine more. */
const START_MS = 400;

interface Historian {
  readonly worker: Worker;
  readonly control: Remote<HistorianControl>;
}

export class LiveMemory {
  #historian: Historian | null = null;
  #starting: ReturnType<typeof setTimeout> | null = null;
  /** Lives that began before the historian did; their ports hold what is told meanwhile. */
  #unheard: (() => void)[] = [];
  #standings: Standing[] = [];
  #actions: TimedAction[] = [];
  #fromMs: number | null = null;
  #asking: ReturnType<typeof setInterval> | null = null;

  close(): void {
    if (this.#starting !== null) clearTimeout(this.#starting);
    if (this.#asking !== null) clearInterval(this.#asking);
    this.#historian?.worker.terminate();
    this.#historian = null;
  }

  /** Virtual time of the oldest moment that can be shown; null before anything was. */
  get fromMs(): number | null {
    return this.#fromMs;
  }

  get actions(): readonly TimedAction[] {
    return this.#actions;
  }

  /** The port on which a member's worker tells of the life it begins. */
  newLife(member: MemberId): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const listen = (): void => {
      this.#historian?.control.listen(member, transfer(port1, [port1])).catch(() => {});
    };
    if (this.#historian !== null) listen();
    else this.#unheard.push(listen);
    this.#starting ??= setTimeout(() => this.#start(), START_MS);
    return port2;
  }

  noteState(atMs: number, members: readonly HostedMember[], cuts: readonly LinkCut[]): void {
    if (this.#fromMs === null && members.every(({ state }) => state !== "starting")) this.#fromMs = atMs;
    this.#standings.push({ atMs, members, cuts });
    if (this.#standings.length > STANDING_COUNT_MAX) {
      this.#standings = this.#standings.slice(STANDING_COUNT_MAX / 4);
    }
  }

  noteAction(atMs: number, action: RunAction): void {
    if (this.#actions.length < ACTION_COUNT_MAX) this.#actions.push({ atMs: Math.round(atMs), action });
  }

  async frameAt(ms: number, now: ClusterFrame, archive: readonly ClusterEvent[]): Promise<ClusterFrame> {
    const standing = this.#standingAt(ms);
    const moment = await this.#start().momentAt(ms);
    if (standing === null || moment === null) throw new Error(TOO_LONG_AGO);
    const members = standing.members.map((member): HostedMember => {
      const past = moment.members.find(({ id }) => id === member.id);
      if (past === undefined) return { ...member, view: null };
      // A member that was starting then shows itself with its first step.
      const state = member.state === "starting" ? "running" : member.state;
      return { ...member, state, view: past.view, viewAtMs: past.viewAtMs };
    });
    return {
      ...now,
      clock: { ...now.clock, virtualOriginMs: ms, paused: true, pausedBecause: null },
      members,
      flights: moment.flights,
      cuts: standing.cuts,
      events: eventsUntil(archive, ms),
      past: { atMs: ms, agrees: moment.agrees },
    };
  }

  async branchAt(ms: number, plan: ClusterPlan, archive: readonly ClusterEvent[]): Promise<SimRun> {
    const standing = this.#standingAt(ms);
    if (standing === null) throw new Error(TOO_LONG_AGO);
    const { members, cuts } = standing;
    const states = members.map(({ id, state, why }) => ({
      id,
      state: state === "starting" ? "running" as const : state,
      why,
    }));
    // The simulator is loaded with the first branch: a page that never looks back does without.
    const [{ SimRun }, { stateFromText }] = await Promise.all([
      import("../../core/timeline/run.ts"),
      import("../../core/timeline/state_text.ts"),
    ]);
    const text = await this.#start().forkAt(ms, { plan, states, cuts });
    if (text === null) throw new Error(TOO_LONG_AGO);
    const eventsBefore = archive.findLast(({ atMs }) => atMs <= ms)?.number ?? 0;
    return new SimRun({ plan, from: stateFromText(text), eventsBefore });
  }

  #standingAt(ms: number): Standing | null {
    return this.#standings.findLast(({ atMs }) => atMs <= ms) ?? null;
  }

  #start(): Remote<HistorianControl> {
    if (this.#historian === null) {
      const worker = new Worker(new URL("./historian_worker.ts", import.meta.url), {
        type: "module",
        name: "historian",
      });
      this.#historian = { worker, control: wrap<HistorianControl>(worker) };
      this.#asking = setInterval(() => this.#askSpan(), SPAN_MS);
      for (const listen of this.#unheard) listen();
      this.#unheard = [];
    }
    return this.#historian.control;
  }

  #askSpan(): void {
    this.#historian?.control.span().then((span) => {
      if (span !== null) this.#fromMs = Math.max(this.#fromMs ?? 0, span.fromMs);
    }, () => {});
  }
}

/** The newest events up to a moment, as many as a frame carries. */
export function eventsUntil(archive: readonly ClusterEvent[], ms: number): readonly ClusterEvent[] {
  let end = archive.length;
  while (end > 0 && archive[end - 1]!.atMs > ms) end -= 1;
  return archive.slice(Math.max(0, end - EVENT_COUNT_MAX), end);
}
