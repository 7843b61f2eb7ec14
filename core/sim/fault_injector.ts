// Draws trouble: which faults exist in a run, how strong they are, and when each strikes, all from one seed. Swarm
// testing: a run with only some faults, but much of them, finds what an average of everything hides. What was done is
// kept as data, and a list of such actions can take the place of the dice: so a failing run is told again, and cut short.

import { clonePlain } from "../base/clone.ts";
import type { MemberId } from "../base/ids.ts";
import { Prng, type PrngState } from "../base/prng.ts";
import type { OperatorAction, TimedAction } from "./actions.ts";
import type { ClusterSim, SimObserver } from "./cluster_sim.ts";
import { isSettled, mostAdvanced, phantomsOf, refusedMembers } from "./membership_desk.ts";
import { drawWall, type WallShape } from "./walls.ts";

export type FaultKind =
  | "crash"
  | "powerCut"
  | "pause"
  | "cutOneWay"
  | "wall"
  | "deafLeader"
  | "slowDisk"
  | "fullDisk"
  | "rot"
  | "misdirect"
  | "wipe"
  | "clog"
  | "clock"
  | "leap"
  | "transfer"
  | "elect"
  | "members";

export const FAULT_KINDS: readonly FaultKind[] = [
  "crash",
  "powerCut",
  "pause",
  "cutOneWay",
  "wall",
  "deafLeader",
  "slowDisk",
  "fullDisk",
  "rot",
  "misdirect",
  "wipe",
  "clog",
  "clock",
  "leap",
  "transfer",
  "elect",
  "members",
];

/** Faults after which a disk is lost for good: its member must be replaced. */
const LOSING_KINDS: ReadonlySet<FaultKind> = new Set(["rot", "misdirect", "wipe"]);

/** As many members as a run may ever have had. */
const MEMBERS_EVER_MAX = 12;
/** A request for another membership may be on its way for so long. */
const CHANGE_SETTLES_MS = 4_000;
/** A new member's id depends on when it was added: virtual time counts from here. (2020-01-01) */
const EPOCH_UNIX_SECONDS = 1_577_836_800;

export interface FaultPlan {
  readonly kinds: readonly FaultKind[];
  /** Virtual time between two strikes. */
  readonly everyMsMin: number;
  readonly everyMsMax: number;
  /** Among strikes, how many mend something instead. */
  readonly mendPerMille: number;
  readonly walls: readonly WallShape[];
  /** A wall or a cut stands at least so long. */
  readonly wallMsMin: number;
}

export interface FaultInjectorState {
  readonly prng: PrngState;
  readonly counts: readonly (readonly [string, number])[];
  readonly done: readonly TimedAction[];
  readonly active: boolean;
  readonly healsFromMs: number;
  readonly changedAtMs: number;
  readonly lost: readonly MemberId[];
}

export class FaultInjector implements SimObserver {
  readonly #plan: FaultPlan;
  readonly #prng: Prng;
  readonly #script: readonly TimedAction[] | null;
  #counts = new Map<string, number>();
  #done: TimedAction[] = [];
  #sim: ClusterSim | null = null;
  #active = true;
  /** Until then the network stays as it is. */
  #healsFromMs = 0;
  /** When a change of members was last asked for. */
  #changedAtMs = -Infinity;
  /** Members whose disks are lost, not replaced yet. */
  #lost = new Set<MemberId>();

  /** @param script what to do instead of what the dice say. */
  constructor(
    plan: FaultPlan,
    seed: number,
    from?: FaultInjectorState,
    script: readonly TimedAction[] | null = null,
  ) {
    this.#plan = plan;
    this.#prng = new Prng(from ? from.prng : seed);
    this.#script = script;
    if (!from) return;
    this.#counts = new Map(from.counts);
    this.#done = [...from.done];
    this.#active = from.active;
    this.#healsFromMs = from.healsFromMs;
    this.#changedAtMs = from.changedAtMs;
    this.#lost = new Set(from.lost);
  }

  capture(): FaultInjectorState {
    return clonePlain({
      prng: this.#prng.state(),
      counts: [...this.#counts],
      done: this.#done,
      active: this.#active,
      healsFromMs: this.#healsFromMs,
      changedAtMs: this.#changedAtMs,
      lost: [...this.#lost],
    });
  }

  /** How often each action was carried out. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** What was done while trouble lasted, in order: the script that tells this run again. */
  get done(): readonly TimedAction[] {
    return this.#done;
  }

  /** Begins to trouble `sim`; on a run restored from a keyframe, `resumed` finds its plans in the queue already. */
  attach(sim: ClusterSim, resumed = false): void {
    this.#sim = sim;
    if (resumed) return;
    if (this.#script === null) return this.#planNext();
    this.#script.forEach(({ atMs }, place) => sim.planFor("faults", atMs, String(place)));
  }

  onPlan(owner: string, what: string): void {
    if (owner !== "faults" || !this.#active) return;
    if (this.#script !== null) return this.#do(this.#script[Number(what)]!.action);
    if (this.#prng.chance(this.#plan.mendPerMille)) this.#mend();
    else if (this.#plan.kinds.length > 0) this.#strike(this.#prng.pick(this.#plan.kinds));
    this.#planNext();
  }

  /** No more trouble, and everything mended that an operator can mend at once. */
  calm(): void {
    const sim = this.#sim!;
    this.#active = false;
    sim.act({ kind: "heal" });
    for (const member of sim.ids) {
      sim.act({ kind: "slowDisk", member, delayMs: 1 });
      sim.act({ kind: "freeDisk", member });
      sim.act({ kind: "clock", member, tickEveryMs: sim.plan.timing.tickMs });
      sim.act({ kind: "resume", member });
      if (sim.member(member).state === "stopped") sim.act({ kind: "restart", member });
    }
  }

  /**
   * What only the cluster itself can mend, asked of it: disks that are lost go, members that were added start, and who
   * was removed without hearing of it is switched off.
   */
  repair(): void {
    const sim = this.#sim!;
    const leader = sim.leader();
    // A member that was added may be the one vote that is missing: it starts even while nobody leads.
    const newest = leader ?? mostAdvanced(sim);
    if (newest !== null) {
      for (const { info, members } of phantomsOf(sim, newest)) sim.act({ kind: "join", info, members });
    }
    if (leader === null) return;
    for (const member of refusedMembers(sim, leader)) {
      sim.act({ kind: "request", member: leader, request: { kind: "memberRemove", member } });
    }
    const leading = sim.member(leader).member!;
    for (const member of sim.ids) {
      // A leader that removed itself goes by itself, once it has told the others.
      if (member !== leader && leading.isRemoved(member)) sim.act({ kind: "crash", member });
    }
  }

  #planNext(): void {
    this.#sim!.planFor("faults", this.#prng.between(this.#plan.everyMsMin, this.#plan.everyMsMax), "strike");
  }

  #strike(kind: FaultKind): void {
    const sim = this.#sim!;
    const ids = sim.ids.filter((id) => sim.member(id).state !== "removed");
    if (ids.length === 0) return;
    const member = this.#prng.pick(ids);
    const other = this.#prng.pick(ids);
    switch (kind) {
      case "crash":
        return this.#do({ kind: "crash", member });
      case "powerCut":
        for (const id of ids) this.#do({ kind: "crash", member: id });
        return;
      case "pause":
        return this.#do({ kind: "pause", member });
      case "cutOneWay":
        if (member !== other) this.#do({ kind: "cut", from: member, to: other });
        return this.#holdNetwork();
      case "wall":
        for (const action of drawWall(this.#prng.pick(this.#plan.walls), ids, sim.leader(), this.#prng)) {
          this.#do(action);
        }
        return this.#holdNetwork();
      case "deafLeader": {
        const leader = sim.leader() ?? member;
        for (const from of ids) if (from !== leader) this.#do({ kind: "cut", from, to: leader });
        return this.#holdNetwork();
      }
      case "slowDisk":
        return this.#do({ kind: "slowDisk", member, delayMs: this.#prng.between(1, 400) });
      case "fullDisk":
        return this.#do({ kind: "fillDisk", member });
      case "rot":
      case "misdirect":
        return this.#loseDisk(
          member,
          { kind: "corruptDisk", member, how: kind, draw: this.#prng.nextUint32() },
        );
      case "wipe":
        return this.#loseDisk(member, { kind: "wipe", member });
      case "clog": {
        const settings = {
          delayMsMin: this.#prng.between(0, 200),
          delayMsMax: this.#prng.between(200, 1_500),
        };
        if (member !== other) this.#do({ kind: "link", from: member, to: other, settings });
        return;
      }
      case "clock": {
        const { tickMs } = sim.plan.timing;
        return this.#do({
          kind: "clock",
          member,
          tickEveryMs: this.#prng.between(Math.ceil(tickMs / 2), tickMs * 2),
        });
      }
      case "leap":
        return this.#do({ kind: "leap", member, ticks: this.#prng.between(2, 40) });
      case "transfer":
        return this.#do({ kind: "transfer", to: member });
      case "elect":
        return this.#do({ kind: "elect", member });
      case "members":
        return this.#changeMembers(ids, member);
    }
  }

  #holdNetwork(): void {
    this.#healsFromMs = this.#sim!.nowMs + this.#plan.wallMsMin;
  }

  /**
   * A lost disk is a lost vote: a cluster survives it while the others are a quorum of every configuration that may
   * come into force. So one at a time, and never while members are being changed.
   */
  #loseDisk(member: MemberId, action: OperatorAction): void {
    if (!this.#mayLose()) return;
    this.#lost.add(member);
    this.#do(action.kind === "wipe" ? { kind: "crash", member } : action);
    if (action.kind === "wipe") this.#do(action);
  }

  #mayLose(): boolean {
    const sim = this.#sim!;
    for (const id of this.#lost) if (sim.member(id).state === "removed") this.#lost.delete(id);
    return this.#lost.size === 0 && sim.nowMs - this.#changedAtMs > CHANGE_SETTLES_MS && isSettled(sim);
  }

  #changeMembers(ids: readonly MemberId[], member: MemberId): void {
    const sim = this.#sim!;
    const losesDisks = this.#plan.kinds.some((kind) => LOSING_KINDS.has(kind));
    if (losesDisks && !this.#mayLose()) return;
    this.#changedAtMs = sim.nowMs;
    // Several at once, now and then: those after the first are refused, or ought to be.
    const count = losesDisks ? 1 : this.#prng.pick([1, 1, 2, 3]);
    let target = member;
    for (let i = 0; i < count; i++) {
      const asked = sim.leader() ?? target;
      if (ids.length > 2 && this.#prng.chance(500)) {
        this.#do({ kind: "request", member: asked, request: { kind: "memberRemove", member: target } });
      } else if (sim.ids.length + i < MEMBERS_EVER_MAX && this.#prng.chance(700)) {
        this.#do({
          kind: "request",
          member: asked,
          request: {
            kind: "memberAdd",
            peerUrls: [`http://127.0.1.${sim.ids.length + i + 1}:2380`],
            isLearner: this.#prng.chance(400),
            unixSeconds: EPOCH_UNIX_SECONDS + Math.floor(sim.nowMs / 1000),
          },
        });
      } else {
        this.#do({ kind: "request", member: asked, request: { kind: "memberPromote", member: target } });
      }
      target = this.#prng.pick(ids);
    }
  }

  /** Something gets better: mostly one stopped member comes back, sometimes the network heals. */
  #mend(): void {
    const sim = this.#sim!;
    const inState = (state: string): readonly MemberId[] =>
      sim.ids.filter((id) => sim.member(id).state === state);
    const stopped = inState("stopped");
    const paused = inState("paused");
    if (stopped.length > 0 && this.#prng.chance(600)) {
      const member = this.#prng.pick(stopped);
      this.#do({ kind: "freeDisk", member });
      return this.#do({ kind: "restart", member });
    }
    if (paused.length > 0 && this.#prng.chance(600)) {
      return this.#do({ kind: "resume", member: this.#prng.pick(paused) });
    }
    const leader = sim.leader();
    const refused = leader === null ? [] : refusedMembers(sim, leader);
    if (refused.length > 0 && this.#prng.chance(600)) {
      this.#changedAtMs = sim.nowMs;
      const request = { kind: "memberRemove", member: this.#prng.pick(refused) } as const;
      return this.#do({ kind: "request", member: leader!, request });
    }
    const phantoms = leader === null ? [] : phantomsOf(sim, leader);
    if (phantoms.length > 0 && this.#prng.chance(800)) {
      return this.#do({ kind: "join", ...this.#prng.pick(phantoms) });
    }
    if (sim.nowMs >= this.#healsFromMs) this.#do({ kind: "heal" });
  }

  #do(action: OperatorAction): void {
    const sim = this.#sim!;
    // Written down first: a rule may break in the very act.
    this.#done.push({ atMs: sim.nowMs, action });
    if (sim.act(action) !== null && action.kind !== "restart") {
      this.#done.pop();
      return;
    }
    const name = action.kind === "request" ? action.request.kind : action.kind;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}
