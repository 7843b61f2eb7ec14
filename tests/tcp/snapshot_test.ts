// The road out and in: what `etcdctl snapshot save` takes from a member, a real etcd serves; what a real etcd leaves
// behind, a member goes on with.

import assert from "node:assert/strict";
import { snapshotStatus } from "../../core/backend/mod.ts";
import { etcdctl, etcdctlTest, tryEtcdctl } from "./etcdctl.ts";
import { eventually, freePorts, MemberProcess, withCluster } from "./member_process.ts";

etcdctlTest("a snapshot goes to etcd and comes back, keys, revisions and lease", async () => {
  const [source, other] = freePorts(2);
  await withCluster([source!], {}, async (cluster) => {
    const [endpoint] = cluster.endpoints as [string];
    for (let i = 0; i < 20; i++) await etcdctl(endpoint, "put", `k/${i % 7}`, `v${i}`.padEnd(3000, "."));
    await etcdctl(endpoint, "del", "k/3");
    const lease = /lease ([0-9a-f]+)/.exec(await etcdctl(endpoint, "lease", "grant", "3000"))![1]!;
    await etcdctl(endpoint, "put", "leased", "v", "--lease", lease);
    const everything = await etcdctl(endpoint, "get", "", "--prefix", "-w", "fields");

    const file = `${cluster.root}/snapshot.db`;
    await etcdctl(endpoint, "snapshot", "save", file);

    const status = JSON.parse(await etcdctl(endpoint, "snapshot", "status", file, "-w", "json"));
    assert.equal(status.revision, 23);
    assert.deepEqual(statusOf(file), status);
    // A real etcd serves it.
    const [clientPort, peerPort] = other!;
    const client = `http://127.0.0.1:${clientPort}`, peer = `http://127.0.0.1:${peerPort}`;
    const dataDir = `${cluster.root}/etcd`;
    // deno-fmt-ignore
    await etcdctl(endpoint, "snapshot", "restore", file, "--data-dir", dataDir,
      "--initial-cluster", `default=${peer}`, "--initial-advertise-peer-urls", peer);
    // deno-fmt-ignore
    const flags = ["--data-dir", dataDir, "--listen-client-urls", client, "--advertise-client-urls", client,
      "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`];
    const etcd = new MemberProcess("etcd", flags);
    try {
      await sees(clientPort, everything, lease);
      await etcdctl(`127.0.0.1:${clientPort}`, "put", "from", "etcd");
      // One that runs is left alone.
      const refused = await MemberProcess.withFlags(portsElsewhere(flags)).ended;
      assert.match(refused.output, /holds etcd's data, which cannot be taken over: an etcd runs on it/);
    } finally {
      await etcd.kill();
    }

    // The database of a real etcd, with what it keeps beside keys, has etcdctl's figures, too.
    const database = `${dataDir}/member/snap/db`;
    assert.deepEqual(
      statusOf(database),
      JSON.parse(await etcdctl(endpoint, "snapshot", "status", database, "-w", "json")),
    );

    // A member goes on where etcd was killed, and starts again on what it made of it.
    const hash = await etcdctl(endpoint, "get", "k/0", "-w", "json");
    assert.match(hash, /"count":1/);
    for (const isFirst of [true, false]) {
      const member = MemberProcess.withFlags(flags);
      try {
        await member.ready();
        assert.equal(/took over member [0-9a-f]+ of cluster/.test(member.output), isFirst);
        assert.equal(await etcdctl(`127.0.0.1:${clientPort}`, "get", "from"), "from\netcd\n");
        assert.match(
          await etcdctl(`127.0.0.1:${clientPort}`, "lease", "timetolive", lease),
          /granted with TTL\(3000s\)/,
        );
      } finally {
        await member.kill();
      }
    }
    // A crash between the two renames is made good.
    Deno.mkdirSync(`${dataDir}/flotilla.importing`);
    Deno.renameSync(`${dataDir}/member`, `${dataDir}/flotilla.importing/member`);
    const member = MemberProcess.withFlags(flags);
    try {
      await member.ready();
      assert.equal(await etcdctl(`127.0.0.1:${clientPort}`, "get", "from"), "from\netcd\n");
    } finally {
      await member.kill();
    }
  });
});

/** Our figures of a file, under the names of etcdctl's JSON. */
function statusOf(file: string): unknown {
  const status = snapshotStatus(Deno.readFileSync(file));
  assert.ok(status.kind === "status", JSON.stringify(status));
  const { hash, revision, totalKeys: totalKey, totalSizeBytes: totalSize } = status;
  return { hash, revision, totalKey, totalSize };
}

async function sees(port: number, everything: string, lease: string): Promise<void> {
  const endpoint = `127.0.0.1:${port}`;
  await eventually(
    "etcd is up",
    async () => (await tryEtcdctl(endpoint, "endpoint", "health")).code === 0 ? true : null,
  );
  const withoutHeader = (text: string) => text.replace(/"(?:ClusterID|MemberID|RaftTerm)" : \d+\n/g, "");
  assert.equal(
    withoutHeader(await etcdctl(endpoint, "get", "", "--prefix", "-w", "fields")),
    withoutHeader(everything),
  );
  assert.match(
    await etcdctl(endpoint, "lease", "timetolive", lease, "--keys"),
    /granted with TTL\(3000s\), .*attached keys\(\[leased\]\)/,
  );
}

/** The same data directory, other ports. */
function portsElsewhere(flags: readonly string[]): string[] {
  return flags.map((flag) => flag.replace(/^http:\/\/127\.0\.0\.1:\d+$/, "http://127.0.0.1:0"));
}
