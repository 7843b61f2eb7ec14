// Commands that show something just now, and why: what the terminal proposes changes with the cluster.

import type { ClusterFrame } from "../../workers/browser/cluster_api.ts";
import { connectivity, isUp, memberByName, workingLeader } from "./reading.ts";

export type TryReason =
  | "whoLeads"
  | "failsHere"
  | "reads"
  | "ownCopy"
  | "history"
  | "health"
  | "handOver"
  | "add"
  | "back";

export interface Try {
  readonly command: string;
  readonly why: TryReason;
}

/** @param at the member that is asked. */
export function worthTrying(frame: ClusterFrame, at: string): readonly Try[] {
  const asked = memberByName(frame, at);
  const leader = workingLeader(frame);
  const { quorumGroup } = connectivity(frame);
  const inQuorum = asked !== undefined && isUp(asked) &&
    (quorumGroup?.indexes.some((index) => frame.members[index]!.id === asked.id) ?? false);
  const other = frame.members.find((member) => member.id !== leader?.id && isUp(member));
  const stopped = frame.members.findIndex(({ state }) => state === "stopped");
  const tries: (Try | null)[] = [
    stopped < 0 ? null : { command: `goreman run start etcd${stopped + 1}`, why: "back" },
    { command: "etcdctl endpoint status --cluster -w table", why: "whoLeads" },
    inQuorum ? { command: "etcdctl get x", why: "reads" } : { command: "etcdctl get x", why: "failsHere" },
    inQuorum ? null : { command: "etcdctl get x --consistency=s", why: "ownCopy" },
    { command: "etcdctl watch x --rev=1", why: "history" },
    leader === null || other === undefined || asked?.id !== leader.id
      ? null
      : { command: `etcdctl move-leader ${other.id}`, why: "handOver" },
    { command: "etcdctl endpoint health --cluster", why: "health" },
  ];
  return tries.filter((one): one is Try => one !== null).slice(0, 5);
}
