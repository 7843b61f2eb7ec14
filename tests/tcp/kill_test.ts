// What SIGKILL may cost: nothing that was acknowledged. The leader is killed again and again under writes, and once it
// comes back with its disk wiped.

import assert from "node:assert/strict";
import { Cluster } from "../../core/wire/gen/rpc_pb.ts";
import { leaderOf } from "./leader.ts";
import { eventually, freePorts, withClient, withCluster } from "./member_process.ts";
import { assertAllThere, assertEqualHashes, WRITERS, Writers } from "./write_load.ts";

const KILLS = 20;
/** Election timeouts short enough for twenty elections in one test; the rules are those of the defaults. */
const BRISK = ["--heartbeat-interval", "20", "--election-timeout", "200"];

Deno.test(`the leader is killed ${KILLS} times under writes and no acknowledged write is lost`, async () => {
  await withCluster(freePorts(3), { extra: BRISK }, async (cluster) => {
    const writers = new Writers(cluster);
    writers.start();
    for (let kill = 0; kill < KILLS; kill++) {
      const victim = await leaderOf(cluster);
      const acknowledgedBefore = writers.acknowledged.size;

      await cluster.processes[victim]!.kill();

      const heir = await eventually("a new leader", async () => {
        const at = await leaderOf(cluster, victim);
        return at === victim ? null : at;
      });
      assert.notEqual(heir, victim);
      await eventually(
        "writes go on",
        () => Promise.resolve(writers.acknowledged.size > acknowledgedBefore || null),
      );
      const back = await cluster.launch(victim).ready();
      assert.match(back.output, /read [1-9]\d* entries from the log/);
    }
    await writers.stop();

    await assertAllThere(cluster, writers.acknowledged);
    await assertEqualHashes(cluster);
    assert(writers.acknowledged.size > KILLS * WRITERS, `only ${writers.acknowledged.size} writes`);
  });
});

Deno.test("a member whose disk was wiped is refused until it is removed and added again", async () => {
  await withCluster(freePorts(3), { extra: BRISK }, async (cluster) => {
    const writers = new Writers(cluster);
    writers.start();
    await eventually("some writes", () => Promise.resolve(writers.acknowledged.size > 200 || null));
    const victim = await leaderOf(cluster);
    const spec = cluster.specs[victim]!;
    await cluster.processes[victim]!.kill();
    Deno.removeSync(spec.dataDir, { recursive: true });

    // Back as if nothing had been: the others remember it.
    const impostor = cluster.launch(victim);
    await impostor.printed(/has already been bootstrapped/);
    const refused = await impostor.ended;
    assert.equal(refused.code, 1, refused.output);
    assert.match(
      refused.output,
      /^error: member [0-9a-f]+ has already been bootstrapped.*member remove.*existing\n$/,
    );
    assert.throws(() => Deno.statSync(spec.dataDir), Deno.errors.NotFound);

    // The way back that the message names.
    const other = await leaderOf(cluster, victim);
    const id = BigInt("0x" + /member ([0-9a-f]+)/.exec(refused.output)![1]!);
    const peerUrl = `http://127.0.0.1:${spec.peerPort}`;
    await eventually("removal", () => {
      return withClient(
        cluster.endpoint(other),
        (client) => client.call(Cluster.method.memberRemove, { ID: id }),
      );
    });
    await eventually("addition", () => {
      return withClient(
        cluster.endpoint(other),
        (client) => client.call(Cluster.method.memberAdd, { peerURLs: [peerUrl] }),
      );
    });
    cluster.specs[victim] = { ...spec, state: "existing" };
    await cluster.launch(victim).ready();
    await writers.stop();

    await assertAllThere(cluster, writers.acknowledged);
    await assertEqualHashes(cluster);
  });
});
