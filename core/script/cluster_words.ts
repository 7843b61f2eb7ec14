// `cluster members=3 seed=7 profile=teaching rules=etcd`: the words that plan a cluster.

import type { ClusterPlan } from "../sim/cluster_plan.ts";
import { ETCD_RULES, ETCD_TIMING, TEACHING_TIMING, TEXTBOOK_RULES } from "../member/options.ts";
import type { Arguments, SpanMs } from "./arguments.ts";

/** As many as the tutorials' ports allow. */
const MEMBER_COUNT_MAX = 9;

interface Profile {
  readonly timing: ClusterPlan["timing"];
  readonly delay: SpanMs;
  readonly disk: SpanMs;
}

/** How long messages and writes take in each profile: a flight of 12 ms can be watched, one of 1 ms is a local network. */
const PROFILES: Readonly<Record<"teaching" | "etcd", Profile>> = {
  teaching: { timing: TEACHING_TIMING, delay: { min: 10, max: 14 }, disk: { min: 3, max: 5 } },
  etcd: { timing: ETCD_TIMING, delay: { min: 1, max: 3 }, disk: { min: 1, max: 4 } },
};

export const CLUSTER_USAGE = "cluster [members=3] [seed=1] [profile=teaching|etcd] [rules=etcd|textbook] " +
  "[delay=10ms..14ms] [loss=0%] [duplicate=0%] [disk=3ms..5ms] [drift=0%] [snapshot-count=N] [catch-up=N]";

export function readClusterPlan(args: Arguments): ClusterPlan {
  const profile = PROFILES[args.namedChoice("profile", ["teaching", "etcd"], "teaching")];
  const rules = args.namedChoice("rules", ["etcd", "textbook"], "etcd") === "etcd"
    ? ETCD_RULES
    : TEXTBOOK_RULES;
  const size = args.namedNumber("members", 3);
  if (size < 1 || size > MEMBER_COUNT_MAX) {
    args.fail(`expected 1 to ${MEMBER_COUNT_MAX} members, not ${size}`);
  }
  const delay = args.namedSpan("delay") ?? profile.delay;
  const disk = args.namedSpan("disk") ?? profile.disk;
  return {
    seed: args.namedNumber("seed", 1),
    size,
    timing: profile.timing,
    rules,
    link: {
      delayMsMin: delay.min,
      delayMsMax: delay.max,
      lossPerMille: args.namedPerMille("loss") ?? 0,
      duplicatePerMille: args.namedPerMille("duplicate") ?? 0,
    },
    diskDelayMsMin: disk.min,
    diskDelayMsMax: disk.max,
    clockDriftPerMille: args.namedPerMille("drift") ?? 0,
    snapshotCount: positive(args, "snapshot-count", 10_000),
    catchUpEntries: args.namedNumber("catch-up", 5_000),
    segmentBytesMax: 64 * 1024,
  };
}

function positive(args: Arguments, name: string, otherwise: number): number {
  const number = args.namedNumber(name, otherwise);
  return number > 0 ? number : args.fail(`expected ${name}= as at least 1`);
}
