// The command that starts a member of this cluster for real, with the flags and addresses of the tutorials.

import type { ClusterFrame, HostedMember } from "../../workers/browser/cluster_api.ts";
import { timingOf } from "./reading.ts";

export interface StartFlag {
  readonly name: string;
  readonly value: string;
}

/** Every flag that this member was started with, in the order of the tutorials. */
export function startFlags(frame: ClusterFrame, member: HostedMember): readonly StartFlag[] {
  const { tickMs, heartbeatTicks, electionTicks } = timingOf(frame);
  const known = member.view?.members ?? frame.members.find(({ view }) => view !== null)?.view?.members ?? [];
  const own = known.find(({ id }) => id === member.id);
  const peers = own?.peerUrls.join(",") ?? "";
  const clients = own?.clientUrls.join(",") ?? "";
  const cluster = known.flatMap(({ name, peerUrls }) => peerUrls.map((url) => `${name}=${url}`)).join(",");
  return [
    { name: "name", value: member.name },
    { name: "listen-client-urls", value: clients },
    { name: "advertise-client-urls", value: clients },
    { name: "listen-peer-urls", value: peers },
    { name: "initial-advertise-peer-urls", value: peers },
    { name: "initial-cluster-token", value: "etcd-cluster-1" },
    { name: "initial-cluster", value: cluster },
    { name: "initial-cluster-state", value: "new" },
    ...(isEtcdClock(frame)
      ? [
        { name: "heartbeat-interval", value: String(tickMs * heartbeatTicks) },
        { name: "election-timeout", value: String(tickMs * electionTicks) },
      ]
      : []),
    { name: "pre-vote", value: String(frame.plan.rules === "etcd") },
  ].filter(({ value }) => value !== "");
}

/** Whether etcd takes this clock: an election timeout is at least five heartbeats. The teaching clock is tighter. */
export function isEtcdClock(frame: ClusterFrame): boolean {
  const { heartbeatTicks, electionTicks } = timingOf(frame);
  return electionTicks >= 5 * heartbeatTicks;
}

/** @param program "etcd", or what starts a member of ours. */
export function startCommand(program: string, flags: readonly StartFlag[]): string {
  return [
    program,
    ...flags.map(({ name, value }) => (name === "pre-vote" ? `--pre-vote=${value}` : `--${name} ${value}`)),
  ]
    .join(" ");
}
