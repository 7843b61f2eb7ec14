// A simulated cluster as conditions see it: looked at only when somebody asks, and once for each moment.

import type { MemberId } from "../base/ids.ts";
import type { ClusterNow, MemberNow } from "./happening.ts";
import type { Stage } from "./stage.ts";

/** The cluster as it stands now. Read it before the run goes on. */
export function clusterNow(stage: Stage, number: number): ClusterNow {
  const { timing, rules } = stage.sim.plan;
  let members: readonly MemberNow[] | null = null;
  return {
    number,
    rules: rules.preVote ? "etcd" : "textbook",
    electionMs: timing.electionTicks * timing.tickMs,
    get members() {
      members ??= stage.members().map((id) => memberNow(stage, id));
      return members;
    },
    isCut: (from, to) => stage.sim.network.isCut(from, to),
  };
}

function memberNow(stage: Stage, id: MemberId): MemberNow {
  const { state } = stage.sim.member(id);
  const view = stage.sim.view(id);
  return {
    id,
    name: stage.names.shown(id),
    state,
    role: view?.role ?? "follower",
    term: view?.term ?? 0,
    votedFor: view?.votedFor ?? null,
    commit: view?.commit ?? 0,
    applied: view?.applied ?? 0,
    lastIndex: view?.lastIndex ?? 0,
    durableIndex: view?.durableIndex ?? 0,
    firstIndex: view?.firstIndex ?? 1,
    revision: view?.revision ?? 0,
    voters: view?.config.voters ?? [],
    termAt: (index) => view?.log.find((cell) => cell.index === index)?.term ?? null,
  };
}
