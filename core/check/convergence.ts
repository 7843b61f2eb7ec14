// Calm waters: when every fault is gone, a cluster must come to rest in one state, soon.

import type { ClusterSim } from "../sim/cluster_sim.ts";

/** What is still missing, in words; null when the cluster has come to rest. */
export function pendingConvergence(sim: ClusterSim): string | null {
  const leader = sim.leader();
  if (leader === null) return "nobody leads";
  const leading = sim.member(leader).member!;
  for (const id of sim.ids) {
    const { info, state, member } = sim.member(id);
    // Whoever has left the cluster need not agree with it any more, running or not.
    if (state === "removed" || leading.isRemoved(id)) continue;
    if (!member || state !== "running") return `${info.name} is ${state}`;
    if (member.term !== leading.term) {
      return `${info.name} is in term ${member.term}, the leader in ${leading.term}`;
    }
    if (member.applied !== leading.lastIndex) {
      return `${info.name} has applied ${member.applied} of ${leading.lastIndex} entries`;
    }
  }
  const hashes = new Set(
    sim.ids.map((id) => sim.member(id).member?.kvHash ?? null).filter((hash) => hash !== null),
  );
  return hashes.size === 1 ? null : `hashes differ: ${[...hashes].join(", ")}`;
}
