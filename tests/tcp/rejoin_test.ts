// A member removed and added again, over and over, under load: whatever was acknowledged stays. Three rounds in the
// suite; all fifty by
//
//   deno task rejoin            or: deno test -A tests/tcp/rejoin_test.ts -- --rounds 50

import assert from "node:assert/strict";
import { Cluster } from "../../core/wire/gen/rpc_pb.ts";
import type { GrpcClient } from "./grpc_client.ts";
import { eventually, freePorts, type TestCluster, withClient, withCluster } from "./member_process.ts";
import { assertAllThere, assertEqualHashes, WRITERS, Writers } from "./write_load.ts";

const ROUNDS = roundsWanted() ?? 3;
const BRISK = ["--heartbeat-interval", "20", "--election-timeout", "200"];
/** So few that a member that joins is sent a snapshot, not only entries. */
const SNAPSHOT_OFTEN = ["--snapshot-count", "500"];

Deno.test(`a member is removed and added again ${ROUNDS} times under load and nothing is lost`, async () => {
  await withCluster(freePorts(3), { extra: [...BRISK, ...SNAPSHOT_OFTEN] }, async (cluster) => {
    const writers = new Writers(cluster);
    writers.start();
    const ids = new Set<bigint>();
    for (let round = 0; round < ROUNDS; round++) {
      // Each in turn, so that the leader is among those who leave.
      const at = round % 3;
      const acknowledgedBefore = writers.acknowledged.size;
      ids.add(await leave(cluster, at));
      await eventually(
        "writes without it",
        () => Promise.resolve(writers.acknowledged.size > acknowledgedBefore || null),
      );
      await rejoin(cluster, at);
    }
    await writers.stop();

    await assertAllThere(cluster, writers.acknowledged);
    await assertEqualHashes(cluster);
    assert.equal(ids.size, ROUNDS, "each time it was another member");
    assert(writers.acknowledged.size > ROUNDS * WRITERS, `only ${writers.acknowledged.size} writes`);
    console.log(`${ROUNDS} rounds, ${writers.acknowledged.size} acknowledged writes, none lost`);
  });
});

/** Removes the member, waits for its end and empties its disk. @returns the id that it had. */
async function leave(cluster: TestCluster, at: number): Promise<bigint> {
  const spec = cluster.specs[at]!;
  const seated = await seats(cluster, at);
  const id = seated.find(({ name }) => name === spec.name)!.ID;
  // Repeated when an answer was lost, or was the refusal of a cluster that has not heard all its members yet.
  await eventually("the removal", async () => {
    await askOther(cluster, at, (client) => client.call(Cluster.method.memberRemove, { ID: id })).catch(
      () => {},
    );
    return (await seats(cluster, at)).every((member) => member.ID !== id) || null;
  });
  const { output } = await cluster.processes[at]!.ended;
  assert.match(output, /permanently removed from the cluster/);
  Deno.removeSync(spec.dataDir, { recursive: true });
  return id;
}

async function rejoin(cluster: TestCluster, at: number): Promise<void> {
  const spec = cluster.specs[at]!;
  const peerUrl = `http://127.0.0.1:${spec.peerPort}`;
  await eventually("the addition", async () => {
    await askOther(cluster, at, (client) => client.call(Cluster.method.memberAdd, { peerURLs: [peerUrl] }))
      .catch(
        () => {},
      );
    return (await seats(cluster, at)).some(({ peerURLs }) => peerURLs.includes(peerUrl)) || null;
  });
  cluster.specs[at] = { ...spec, state: "existing" };
  await cluster.launch(at).ready();
}

/** Who is in the cluster, as a member other than `except` says. */
async function seats(cluster: TestCluster, except: number) {
  return await eventually("the list of members", async () => {
    const { members } = await askOther(
      cluster,
      except,
      (client) => client.call(Cluster.method.memberList, {}),
    );
    return members;
  });
}

function askOther<T>(
  cluster: TestCluster,
  except: number,
  ask: (client: GrpcClient) => Promise<T>,
): Promise<T> {
  return withClient(cluster.endpoint((except + 1) % 3), ask);
}

function roundsWanted(): number | null {
  const at = Deno.args.indexOf("--rounds");
  return at < 0 ? null : Number(Deno.args[at + 1]);
}
