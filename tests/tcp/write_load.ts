// Load for clusters of processes: writers that remember what was acknowledged, and what must be true of it afterwards.

import assert from "node:assert/strict";
import { utf8 } from "../../core/base/bytes.ts";
import { KV, Maintenance } from "../../core/wire/gen/rpc_pb.ts";
import { GrpcClient, GrpcError } from "./grpc_client.ts";
import { eventually, type TestCluster, withClient } from "./member_process.ts";

export const WRITERS = 8;

/** Clients that put numbered keys through whichever member answers, and remember what was acknowledged. */
export class Writers {
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

export async function assertAllThere(
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

export async function assertEqualHashes(cluster: TestCluster): Promise<void> {
  const hashes = await eventually("equal hashes", async () => {
    const answers = await Promise.all(cluster.endpoints.map((endpoint) => {
      return withClient(endpoint, (client) => client.call(Maintenance.method.hashKV, {}));
    }));
    const rows = answers.map(({ hash, header }) => `${hash} at ${header!.revision}`);
    return new Set(rows).size === 1 ? rows : null;
  });
  assert.equal(hashes.length, 3);
}
