// The commands that make members' data directories out of a snapshot, those of the tutorials' local cluster.

import { clusterIdentity } from "../../workers/browser/cluster_identity.ts";
import { CLUSTER_TOKEN } from "../../workers/browser/cluster_identity.ts";

export type RestoreProgram = "etcd" | "flotilla";

/** One command for each member, in the order of their names. The file's name is quoted for a shell. */
export function restoreCommands(program: RestoreProgram, fileName: string, size: number): string {
  const { members } = clusterIdentity(size);
  const cluster = members.map(({ name, peerUrls }) => `${name}=${peerUrls[0]}`).join(",");
  const begin = program === "etcd"
    ? `ETCDCTL_API=3 etcdctl snapshot restore ${quoted(fileName)}`
    : `deno task restore ${quoted(fileName)}`;
  return members.map(({ name, peerUrls }) =>
    [
      begin,
      `--name ${name}`,
      `--initial-cluster ${cluster}`,
      `--initial-cluster-token ${CLUSTER_TOKEN}`,
      `--initial-advertise-peer-urls ${peerUrls[0]}`,
      `--data-dir ${name}.etcd`,
    ].join(" \\\n  ")
  ).join("\n\n");
}

function quoted(fileName: string): string {
  return /^[\w.,:@%+=-]+$/.test(fileName) && !fileName.startsWith("-")
    ? fileName
    : `'./${fileName.replaceAll("'", `'\\''`)}'`;
}
