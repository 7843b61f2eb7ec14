// Who leads a cluster of processes, as its members say.

import { Maintenance } from "../../core/wire/gen/rpc_pb.ts";
import { eventually, type TestCluster, withClient } from "./member_process.ts";

/** Where the leader is, as the members other than `except` say in agreement with it. */
export function leaderOf(cluster: TestCluster, except = -1): Promise<number> {
  return eventually("a leader", async () => {
    for (const at of cluster.specs.keys()) {
      if (at === except || cluster.processes[at] === null) continue;
      const status = await withClient(cluster.endpoint(at), (client) => {
        return client.call(Maintenance.method.status, {}, 1_000);
      }).catch(() => null);
      if (status !== null && status.leader !== 0n && status.leader === status.header!.memberId) return at;
    }
    return null;
  });
}
