// From a live cluster into the simulator: members as they were at one moment, their disks, what was in the air and
// which links were cut become a simulated cluster that goes on from there. From then on chance is drawn from a seed,
// so that the branch, unlike the run it left, can be replayed.

import { assert } from "../base/assert.ts";
import { StateHash } from "../base/bytes.ts";
import type { DiskWrite } from "../base/disk.ts";
import type { MemberId } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import type { MemberInfo } from "../member/io.ts";
import type { MemberState } from "../member/member.ts";
import type { ClusterSimState, SimMemberState } from "../sim/cluster_sim.ts";
import type { PlannedEvent, SimEvent } from "../sim/event_queue.ts";
import { type RunPlan, simPlanOf } from "./plan.ts";
import { stateToText } from "./state_text.ts";

export interface ForkedMember {
  readonly info: MemberInfo;
  readonly state: SimMemberState;
  readonly why: string | null;
  /** Null unless it runs or is paused. */
  readonly member: MemberState | null;
  /** The options it was started with. */
  readonly seed: number;
  readonly startId: number;
  readonly nextRequestId: number;
  /** Files without the write in flight, and that write. */
  readonly files: Map<string, Uint8Array[]>;
  readonly pendingWrite: DiskWrite | null;
  /** Virtual time of its last tick; null before the first. */
  readonly tickedAtMs: number | null;
}

export interface ForkedFrame {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly frame: Uint8Array;
  readonly deliverAtMs: number;
}

export interface LiveMoment {
  readonly plan: RunPlan;
  readonly atMs: number;
  readonly members: readonly ForkedMember[];
  /** All that was in the air. */
  readonly frames: readonly ForkedFrame[];
  readonly cuts: readonly { readonly from: MemberId; readonly to: MemberId }[];
}

/** The simulated cluster that goes on from `moment`. Equal moments give equal clusters. */
export function forkOf(moment: LiveMoment): ClusterSimState {
  const plan = simPlanOf(moment.plan);
  const nowMs = Math.round(moment.atMs);
  const prng = new Prng(forkSeed(plan.seed, nowMs));
  const planned: PlannedEvent[] = [];
  const happen = (atMs: number, event: SimEvent): void => {
    planned.push({ atMs: Math.max(nowMs, Math.round(atMs)), order: planned.length, event });
  };
  const infos = moment.members.map(({ info }) => info);
  const { tickMs } = plan.timing;
  const slots = moment.members.map((forked): ClusterSimState["slots"][number] => {
    const { info, state, why, member, seed, startId, nextRequestId, files, pendingWrite, tickedAtMs } =
      forked;
    assert(
      (member !== null) === (state === "running" || state === "paused"),
      () => `${info.name} is ${state}`,
    );
    const held: SimEvent[] = [];
    if (member !== null) {
      const own = { member: info.id, start: startId };
      const phaseMs = 1 + prng.below(tickMs);
      const plan = (atMs: number, event: SimEvent) =>
        state === "paused" ? held.push(event) : happen(atMs, event);
      plan(tickedAtMs === null ? nowMs + phaseMs : tickedAtMs + tickMs, { kind: "tick", ...own });
      if (pendingWrite !== null) {
        plan(nowMs + 1, { kind: "written", ...own, writeId: pendingWrite.writeId });
      }
    }
    return {
      info,
      bootstrap: { kind: "new", members: infos },
      state,
      why,
      start: startId,
      tickEveryMs: tickMs,
      diskDelayMs: { min: plan.diskDelayMsMin, max: plan.diskDelayMsMax },
      held,
      // Whoever asked the live member waits there, not here.
      requests: new Map(),
      firstRequestId: nextRequestId,
      seed,
      startId,
      wiped: false,
      damaged: false,
      full: false,
      member,
      disk: { files, pending: member === null ? null : pendingWrite, newest: new Map() },
    };
  });
  for (const { from, to, frame, deliverAtMs } of moment.frames) {
    happen(deliverAtMs, { kind: "frame", from, to, frame });
  }
  const state: ClusterSimState = {
    queue: { planned, nowMs, nextOrder: planned.length },
    network: {
      prng: prng.fork().state(),
      base: plan.link,
      settings: new Map(),
      cut: new Set(moment.cuts.map(({ from, to }) => `${from}>${to}`)),
      counts: { sent: 0, lost: 0, duplicated: 0, stopped: 0 },
    },
    prng: prng.state(),
    slots: slots.sort((a, b) => (a.info.id < b.info.id ? -1 : 1)),
    hash: new StateHash().capture(),
    traceCount: 0,
    eventCount: 0,
    nextRequestId: 1,
  };
  // The branch's name begins with what it left: two forks of different moments never bear the same.
  return { ...state, hash: new StateHash().addText(stateToText(state)).capture() };
}

/** Another seed for each moment, the same for the same one. */
function forkSeed(seed: number, nowMs: number): number {
  return parseInt(new StateHash().addText(`branch ${seed} ${nowMs}`).digest().slice(0, 13), 16);
}
