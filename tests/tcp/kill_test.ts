// What SIGKILL may cost: nothing that was acknowledged. The leader is killed again and again under writes, and once it
// comes back with its disk wiped.

import assert from "node:assert/strict";
import { utf8 } from "../../core/base/bytes.ts";
import { Cluster, KV, Maintenance } from "../../core/wire/gen/rpc_pb.ts";
import { GrpcClient, GrpcError } from "./grpc_client.ts";
import { eventually, freePorts, type TestCluster, withClient, withCluster } from "./member_process.ts";

const KILLS = 20;
const WRITERS = 8;
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

/** Clients that put numbered keys through whichever member answers, and remember what was acknowledged. */
class Writers {
  readonly acknowledged = new Map<string, string>();
  readonly #cluster: TestCluster;
  #stopping = false;
  #running: Promise<void>[] = [];

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
  }

  start(): void {
    this.#running = Array.from({ length: WRITERS }, (_, writer) => this.#write(writer));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #write(writer: number): Promise<void> {
    let at = writer;
    let client = new GrpcClient(this.#cluster.endpoint(at % 3));
    for (let count = 0; !this.#stopping; count++) {
      const key = `w${writer}/${count}`, value = `${writer}-${count}`;
      try {
        await client.call(KV.method.put, { key: utf8(key), value: utf8(value) }, 500);
        this.acknowledged.set(key, value);
      } catch (error) {
        assert(error instanceof GrpcError);
        // Whether it happened is unknown, so nothing is recorded. On to the next member, not too hastily.
        client.close();
        await new Promise<void>((turn) => setTimeout(turn, 10));
        client = new GrpcClient(this.#cluster.endpoint(++at % 3));
      }
    }
    client.close();
  }
}

/** Where the leader is, as the members other than `except` say in agreement with it. */
function leaderOf(cluster: TestCluster, except = -1): Promise<number> {
  return eventually("a leader", async () => {
    for (const at of [0, 1, 2]) {
      if (at === except) continue;
      const status = await withClient(cluster.endpoint(at), (client) => {
        return client.call(Maintenance.method.status, {}, 1_000);
      }).catch(() => null);
      if (status !== null && status.leader !== 0n && status.leader === status.header!.memberId) return at;
    }
    return null;
  });
}

async function assertAllThere(
  cluster: TestCluster,
  acknowledged: ReadonlyMap<string, string>,
): Promise<void> {
  const range = { key: utf8("w"), rangeEnd: utf8("x") };
  const found = await withClient(cluster.endpoint(0), (client) => client.call(KV.method.range, range));
  const decoder = new TextDecoder();
  const values = new Map(found.kvs.map(({ key, value }) => [decoder.decode(key), decoder.decode(value)]));
  const lost = [...acknowledged].filter(([key, value]) => values.get(key) !== value).map(([key]) => key);
  assert.deepEqual(lost, []);
}

async function assertEqualHashes(cluster: TestCluster): Promise<void> {
  const hashes = await eventually("equal hashes", async () => {
    const answers = await Promise.all(cluster.endpoints.map((endpoint) => {
      return withClient(endpoint, (client) => client.call(Maintenance.method.hashKV, {}));
    }));
    const rows = answers.map(({ hash, header }) => `${hash} at ${header!.revision}`);
    return new Set(rows).size === 1 ? rows : null;
  });
  assert.equal(hashes.length, 3);
}
