// What an operator reads off a cluster before changing its members.

import type { MemberId } from "../base/ids.ts";
import type { MemberInfo } from "../member/io.ts";
import type { ClusterSim } from "./cluster_sim.ts";

/** Members whose disks cannot be used any more and that the leader still counts in. */
export function refusedMembers(sim: ClusterSim, leader: MemberId): readonly MemberId[] {
  const listed = new Set(sim.view(leader)!.members.map((member) => member.id));
  return sim.ids.filter((id) => sim.member(id).state === "refused" && listed.has(id));
}

/** Members that were added and have not been started, with what each is to be told. */
export function phantomsOf(
  sim: ClusterSim,
  leader: MemberId,
): readonly { readonly info: MemberInfo; readonly members: readonly MemberInfo[] }[] {
  const { members } = sim.view(leader)!;
  const known = new Set(sim.ids);
  return members.filter((member) => !known.has(member.id)).map((member) => {
    const host = /:\/\/([^:/]+)/.exec(member.peerUrls[0] ?? "")?.[1] ?? "127.0.0.1";
    const name = `infra${host.split(".").at(-1)}`;
    return { info: { ...member, name, clientUrls: [`http://${host}:2379`] }, members };
  });
}

/** Of the members that run, the one whose list of members is the newest; null when none runs. */
export function mostAdvanced(sim: ClusterSim): MemberId | null {
  const running = sim.ids.filter((id) => sim.member(id).state === "running");
  const appliedOf = (id: MemberId) => sim.member(id).member!.applied;
  return running.reduce<MemberId | null>(
    (best, id) => best === null || appliedOf(id) > appliedOf(best) ? id : best,
    null,
  );
}

/** True when everybody runs, all follow one configuration of three voters or more, and no log holds another to come. */
export function isSettled(sim: ClusterSim): boolean {
  let common: string | null = null;
  for (const id of sim.ids) {
    const { state, member } = sim.member(id);
    if (state === "removed") continue;
    if (!member || state !== "running") return false;
    const { config } = sim.view(id)!;
    const text = JSON.stringify(config);
    if (config.voters.length < 3 || (common ??= text) !== text) return false;
    for (let index = Math.max(member.applied + 1, member.firstIndex); index <= member.lastIndex; index++) {
      if (member.entryAt(index).kind !== "normal") return false;
    }
  }
  return common !== null;
}
