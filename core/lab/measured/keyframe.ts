// A cluster at rest, as the moment before every failure: elected once for each size, then taken up again from the
// same keyframe for each subset and each cut, so that they differ in nothing but what is done to them.

import { assert } from "../../base/assert.ts";
import { ClusterInvariants } from "../../check/cluster_invariants.ts";
import { ETCD_RULES } from "../../member/options.ts";
import type { ClusterPlan } from "../../sim/cluster_plan.ts";
import { ClusterSim, type ClusterSimState, type SimObserver } from "../../sim/cluster_sim.ts";

/** One tenth of etcd's clock: only the proportions matter here, as the links are as much faster. */
export const TICK_MS = 10;
export const ELECTION_TICKS = 10;
/** A follower's patience at its longest. */
export const ELECTION_MS_MAX = 2 * ELECTION_TICKS * TICK_MS;

export interface Keyframe {
  readonly plan: ClusterPlan;
  readonly state: ClusterSimState;
}

/** Members that follow a leader, with nothing left to say. @throws InvariantViolation when they elect nobody. */
export function keyframeOf(size: number, seed: number): Keyframe {
  const plan = planOf(size, seed);
  const sim = new ClusterSim(plan);
  const elected = sim.runUntil((sim) => sim.leader() !== null, 20 * ELECTION_MS_MAX);
  assert(elected, `${size} members elected no leader from seed ${seed}`);
  // Each member makes its name known through the log, and asks again when that got lost.
  sim.runFor(2 * ELECTION_MS_MAX);
  return { plan, state: sim.capture() };
}

/** The run from there on, under the eyes of every checker: what broke a rule of Raft's would be no measurement. */
export function takeUp({ plan, state }: Keyframe, observer: SimObserver): ClusterSim {
  return new ClusterSim(plan, [new ClusterInvariants(), observer], state);
}

function planOf(size: number, seed: number): ClusterPlan {
  return {
    seed,
    size,
    timing: { tickMs: TICK_MS, heartbeatTicks: 6, electionTicks: ELECTION_TICKS, requestTimeoutTicks: 70 },
    rules: ETCD_RULES,
    link: { delayMsMin: 1, delayMsMax: 4, lossPerMille: 0, duplicatePerMille: 0 },
    diskDelayMsMin: 1,
    diskDelayMsMax: 3,
    clockDriftPerMille: 0,
    snapshotCount: 1_000,
    catchUpEntries: 100,
    segmentBytesMax: 65_536,
  };
}
