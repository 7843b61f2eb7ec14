// The broken-Raft gallery's hunter: for each rule that is out, the waters in which its absence shows soon, and the
// promises that may convict it. Only what others could notice counts: that a member changed its vote restates the rule
// "one vote per term"; that two members led the same term is what the rule is for.

import { Prng } from "../base/prng.ts";
import { ETCD_RULES, TEXTBOOK_RULES } from "../member/options.ts";
import type { BrokenRuleKey } from "../sim/broken/mod.ts";
import type { ClusterPlan } from "../sim/cluster_plan.ts";
import type { FaultPlan } from "../sim/fault_injector.ts";
import type { WorkloadPlan } from "../sim/workload.ts";
import { type HuntPlan, type HuntResult, runHunt } from "./hunt.ts";
import type { InvariantName } from "./violation.ts";

interface Waters {
  readonly sizes: readonly number[];
  readonly promises: readonly InvariantName[];
  readonly cluster?: Partial<ClusterPlan>;
  readonly faults?: Partial<FaultPlan>;
  readonly workload?: Partial<WorkloadPlan>;
  readonly rest?: HuntPlan["rest"]["kind"];
  readonly stormMs?: number;
}

const KEPT_LOG: readonly InvariantName[] = ["leaderCompleteness", "committedNeverChanges", "logMatching"];
const CALM: ReadonlySet<InvariantName> = new Set(["convergence", "leadershipStays"]);

/** A network on which messages overtake one another by a wide margin. */
const CHOPPY = { delayMsMin: 0, delayMsMax: 60, lossPerMille: 0, duplicatePerMille: 0 } as const;
const SWIFT = { delayMsMin: 1, delayMsMax: 10, lossPerMille: 0, duplicatePerMille: 0 } as const;

const WATERS: Readonly<Record<BrokenRuleKey, Waters>> = {
  oneVotePerTerm: {
    sizes: [3],
    promises: ["oneLeaderPerTerm"],
    faults: { kinds: ["elect"], everyMsMax: 60 },
  },
  voteOnDiskFirst: {
    sizes: [3],
    promises: ["oneLeaderPerTerm"],
    cluster: { diskDelayMsMax: 30 },
    faults: { kinds: ["crash", "elect", "elect"], everyMsMax: 40, mendPerMille: 500 },
  },
  candidateNotBehind: {
    sizes: [3],
    promises: KEPT_LOG,
    faults: { kinds: ["wall", "elect"], walls: ["isolate"], mendPerMille: 500 },
  },
  lastTermBeforeLength: {
    sizes: [3, 5],
    promises: KEPT_LOG,
    faults: { kinds: ["wall", "crash"], walls: ["isolateLeader"], wallMsMin: 500, mendPerMille: 400 },
  },
  oneVotePerMember: {
    sizes: [3, 5],
    promises: ["oneLeaderPerTerm"],
    cluster: { link: { ...SWIFT, duplicatePerMille: 60 } },
    faults: { kinds: ["elect", "wall"], walls: ["halves"], everyMsMax: 100 },
  },
  moreThanHalf: {
    sizes: [4],
    promises: ["oneLeaderPerTerm"],
    faults: { kinds: ["wall"], walls: ["halves"], wallMsMin: 600 },
  },
  higherTermEndsLeadership: {
    sizes: [3],
    promises: ["oneLeaderPerTerm"],
    faults: { kinds: ["wall"], walls: ["isolateLeader"], wallMsMin: 500 },
  },
  stepDownKeepsVote: {
    sizes: [3],
    promises: ["oneLeaderPerTerm"],
    // Who fails in a pre-vote steps down in its term, while requests of that very term are still on their way to it.
    cluster: {
      rules: { preVote: true, checkQuorum: false },
      timing: { tickMs: 20, heartbeatTicks: 1, electionTicks: 15, requestTimeoutTicks: 120 },
      link: { ...CHOPPY, delayMsMax: 100 },
    },
    faults: {
      kinds: ["elect", "elect", "elect", "elect", "crash"],
      everyMsMin: 1,
      everyMsMax: 60,
      mendPerMille: 300,
    },
    workload: { pauseMsMax: 10 },
    stormMs: 15_000,
  },
  appendNamesPrevious: {
    sizes: [3],
    promises: KEPT_LOG,
    faults: { kinds: ["wall"], walls: ["isolateLeader"], wallMsMin: 400 },
  },
  cutOnlyWhereTermsDiffer: {
    sizes: [3],
    promises: KEPT_LOG,
    cluster: { link: { ...CHOPPY, duplicatePerMille: 200 } },
    faults: { kinds: ["crash"] },
    workload: { clientCount: 4, pauseMsMax: 5, mix: { put: 1, get: 0, cas: 0, del: 0 } },
  },
  countOnlyOwnTerm: {
    sizes: [3],
    promises: KEPT_LOG,
    cluster: { appendBytesMax: 1, link: { ...CHOPPY, delayMsMin: 10 }, clockDriftPerMille: 200 },
    faults: { kinds: ["elect", "elect", "crash"], everyMsMax: 120, mendPerMille: 400 },
    workload: { clientCount: 0 },
  },
  commitWhatWasCompared: {
    sizes: [3],
    promises: KEPT_LOG,
    cluster: { appendBytesMax: 1 },
    faults: { kinds: ["wall"], walls: ["isolateLeader"], wallMsMin: 500 },
    workload: { clientCount: 4, mix: { put: 1, get: 0, cas: 0, del: 0 } },
  },
  onDiskBeforeAcknowledged: {
    sizes: [3],
    promises: KEPT_LOG,
    cluster: { diskDelayMsMax: 60 },
    faults: { kinds: ["crash", "powerCut"], everyMsMax: 200, mendPerMille: 600 },
    workload: { clientCount: 4, pauseMsMax: 5, mix: { put: 1, get: 0, cas: 0, del: 0 } },
  },
  snapshotBeforeCut: {
    sizes: [3],
    promises: ["comesBack"],
    cluster: { snapshotCount: 5, catchUpEntries: 0, segmentBytesMax: 512, diskDelayMsMax: 40 },
    faults: { kinds: ["crash"], everyMsMax: 200, mendPerMille: 500 },
  },
  readAsksQuorum: {
    sizes: [3],
    promises: ["linearizable"],
    faults: { kinds: ["wall"], walls: ["isolateLeader"], wallMsMin: 600 },
    workload: { clientCount: 4, mix: { put: 1, get: 3, cas: 0, del: 0 } },
  },
  oneChangeAtATime: {
    sizes: [5],
    promises: ["oneLeaderPerTerm", ...KEPT_LOG],
    cluster: { link: CHOPPY },
    faults: {
      kinds: ["members", "members", "wall", "elect"],
      walls: ["halves"],
      everyMsMax: 80,
      mendPerMille: 200,
      wallMsMin: 300,
    },
  },
  randomTimeouts: {
    sizes: [3, 5],
    promises: ["convergence"],
    cluster: { link: { ...SWIFT, delayMsMin: 45, delayMsMax: 45 }, clockDriftPerMille: 0 },
    faults: { kinds: [] },
    stormMs: 1_000,
  },
  askBeforeTerm: {
    sizes: [3],
    promises: ["leadershipStays"],
    cluster: { rules: ETCD_RULES },
    faults: { kinds: [] },
    rest: "flap",
    stormMs: 1_000,
  },
  onlyPresentLeaderHoldsOff: {
    sizes: [3],
    promises: ["convergence"],
    faults: {
      kinds: ["deafLeader", "crash", "elect"],
      wallMsMin: 2_000,
      everyMsMax: 200,
      mendPerMille: 400,
    },
    rest: "shout",
    stormMs: 2_000,
  },
};

/** The waters for one rule, drawn by a seed: small clusters, few clients, only the faults that matter. */
export function drawBrokenPlan(key: BrokenRuleKey, seed: number): HuntPlan {
  const { sizes, cluster, faults, workload, rest = "freeze", stormMs = 5_000 } = WATERS[key];
  const prng = new Prng(seed).fork();
  return {
    cluster: {
      seed,
      size: prng.pick(sizes),
      timing: { tickMs: 20, heartbeatTicks: 2, electionTicks: 8, requestTimeoutTicks: 120 },
      rules: TEXTBOOK_RULES,
      link: SWIFT,
      diskDelayMsMin: 1,
      diskDelayMsMax: 5,
      clockDriftPerMille: 20,
      snapshotCount: 1_000,
      catchUpEntries: 100,
      segmentBytesMax: 65_536,
      broken: key,
      ...cluster,
    },
    faults: {
      kinds: ["crash", "wall", "elect"],
      everyMsMin: 10,
      everyMsMax: 300,
      mendPerMille: 400,
      walls: ["isolate"],
      wallMsMin: 200,
      ...faults,
    },
    workload: {
      clientCount: 2,
      keyCount: 1,
      pauseMsMax: 60,
      mix: { put: 2, get: 1, cas: 0, del: 0 },
      ...workload,
    },
    sessions: { watcherCount: 0, lesseeCount: 0, readingMsMax: 0, compacts: false },
    rest: { kind: rest, draw: prng.nextUint32() },
    stormMs,
    calmMsMax: 10_000,
    secondOpinion: false,
  };
}

/** What a plan without a rule may be convicted by; null for a plan of the sound core. */
export function watchedOf(plan: HuntPlan): ReadonlySet<InvariantName> | null {
  const { broken } = plan.cluster;
  return broken === undefined ? null : new Set(WATERS[broken].promises);
}

/** Plays a plan, watching what may convict it: everything, or for a broken core the promises its rule is for. */
export function runPlan(plan: HuntPlan, script?: HuntResult["actions"]): HuntResult {
  const watched = watchedOf(plan);
  const result = runHunt(plan.cluster.seed, plan, {
    ...(watched !== null && { watched, stormOnly: ![...watched].some((name) => CALM.has(name)) }),
    ...(script !== undefined && { script }),
  });
  const { failure } = result;
  // A broken member often notices itself that something is wrong; the gallery waits for a promise to others to break.
  const counts = failure === null || watched === null || watched.has(failure.invariant as InvariantName);
  return counts ? result : { ...result, failure: null };
}

/** The first seed from `from` on, of `count`, whose run breaks a promise without the rule; null when none does. */
export function huntBroken(key: BrokenRuleKey, from = 1, count = 500): HuntResult | null {
  for (let seed = from; seed < from + count; seed++) {
    const result = runPlan(drawBrokenPlan(key, seed));
    if (result.failure !== null) return result;
  }
  return null;
}
