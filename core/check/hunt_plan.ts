// Draws a run from a number: a cluster, its troubles, its clients, and how calm returns. Swarm testing: each seed has
// only some of the faults, much or little of each, so that no fault hides behind the average of all others.

import { Prng } from "../base/prng.ts";
import { ETCD_RULES, TEXTBOOK_RULES } from "../member/options.ts";
import type { ClusterPlan } from "../sim/cluster_plan.ts";
import { FAULT_KINDS, type FaultPlan } from "../sim/fault_injector.ts";
import { WALL_SHAPES } from "../sim/walls.ts";
import type { SessionPlan } from "../sim/sessions.ts";
import type { WorkloadPlan } from "../sim/workload.ts";

/**
 * How the rest behaves while one quorum is healed and has to come to rest by itself: "freeze": silent; "flap": silent,
 * and afterwards one member hears the others by a link that comes and goes; "shout": a leader of an older term is heard
 * and hears nobody.
 */
export type RestKind = "freeze" | "flap" | "shout";

export interface HuntPlan {
  readonly cluster: ClusterPlan;
  readonly faults: FaultPlan;
  readonly workload: WorkloadPlan;
  readonly sessions: SessionPlan;
  readonly rest: { readonly kind: RestKind; readonly draw: number };
  /** How long trouble lasts, and how long the cluster may take to come to rest after it. */
  readonly stormMs: number;
  readonly calmMsMax: number;
  /** Whether the clients' history is held against the sequential model as well. */
  readonly secondOpinion: boolean;
}

/** Every so many seeds, the linearizability checker is asked for a second opinion. */
const SECOND_OPINION_EVERY = 8;

export function drawHuntPlan(seed: number): HuntPlan {
  const prng = new Prng(seed).fork();
  const size = prng.pick([1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7, 8, 9]);
  const kinds = FAULT_KINDS.filter(() => prng.chance(400));
  const walls = WALL_SHAPES.filter(() => prng.chance(500));
  const delayMsMax = prng.pick([1, 5, 20, 60]);
  const rules = prng.chance(750) ? ETCD_RULES : TEXTBOOK_RULES;
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
      rules,
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
      ...(prng.chance(250) && { appendBytesMax: prng.pick([1, 200]) }),
    },
    faults: {
      kinds: kinds.length > 0 ? kinds : FAULT_KINDS,
      everyMsMin: 20,
      everyMsMax: prng.pick([150, 400, 1_000]),
      mendPerMille: prng.between(350, 600),
      walls: walls.length > 0 ? walls : WALL_SHAPES,
      wallMsMin: prng.pick([0, 300, 1_200]),
    },
    workload: {
      clientCount: prng.between(1, 6),
      keyCount: prng.pick([1, 3, 10]),
      pauseMsMax: prng.pick([5, 40]),
      mix: { put: 4, get: 3, cas: prng.pick([0, 2]), del: 1 },
    },
    sessions: {
      watcherCount: prng.pick([0, 0, 1, 2, 3]),
      // A lease is kept by clocks: they may drift, but one that leaps owes nothing to anybody.
      lesseeCount: kinds.includes("clock") || kinds.includes("leap") ? 0 : prng.pick([0, 0, 1, 2]),
      readingMsMax: prng.pick([0, 50, 800]),
      compacts: prng.chance(300),
    },
    // What etcd's rules are for, textbook Raft need not stand; a deaf leader of the present term holds it up for ever.
    rest: {
      kind: rules === ETCD_RULES ? prng.pick(["freeze", "flap"]) : prng.pick(["freeze", "shout"]),
      draw: prng.nextUint32(),
    },
    stormMs: 8_000,
    calmMsMax: 20_000,
    secondOpinion: seed % SECOND_OPINION_EVERY === 0,
  };
}
