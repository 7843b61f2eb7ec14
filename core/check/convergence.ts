// Calm waters: when every fault is gone, a cluster must come to rest in one state, soon.

import type { MemberId } from "../base/ids.ts";
import type { ClusterSim } from "../sim/cluster_sim.ts";

/**
 * What is still missing, in words; null when the cluster has come to rest.
 * @param ids those who have to; left out: all members.
 */
export function pendingConvergence(
  sim: ClusterSim,
  ids: readonly MemberId[] = sim.ids,
): string | null {
  const leader = leaderAmong(sim, ids);
  if (leader === null) return "nobody leads";
  const leading = sim.member(leader).member!;
  // Who was removed may not have heard of it, and who was never added may wait for ever: neither is a member.
  const listed = new Set(sim.view(leader)!.members.map((member) => member.id));
  const present = ids.filter((id) => listed.has(id));
  for (const id of present) {
    const { info, state, member } = sim.member(id);
    if (!member || state !== "running") return `${info.name} is ${state}`;
    if (member.term !== leading.term) {
      return `${info.name} is in term ${member.term}, the leader in ${leading.term}`;
    }
    if (member.applied !== leading.lastIndex) {
      return `${info.name} has applied ${member.applied} of ${leading.lastIndex} entries`;
    }
  }
  const hashes = new Set(present.map((id) => sim.member(id).member!.kvHash));
  return hashes.size === 1 ? null : `hashes differ: ${[...hashes].join(", ")}`;
}

/** Of those who lead, the one of the highest term; null when nobody does. */
function leaderAmong(sim: ClusterSim, ids: readonly MemberId[]): MemberId | null {
  let best: { readonly id: MemberId; readonly term: number } | null = null;
  for (const id of ids) {
    const { state, member } = sim.member(id);
    if (state !== "running" || !member?.leads) continue;
    if (best === null || member.term > best.term) best = { id, term: member.term };
  }
  return best?.id ?? null;
}
