// The TCP home as etcd's own command line tool sees it: the first tutorial's cluster, command by command.

import assert from "node:assert/strict";
import { etcdctl, etcdctlTest, etcdctlWithInput, tryEtcdctl } from "./etcdctl.ts";
import { eventually, freePorts, withCluster } from "./member_process.ts";

/** The tutorial's own ports: ids are hashes of the peer URLs, so these must be its very URLs. */
const TUTORIAL_PORTS = [[2379, 12380], [22379, 22380], [32379, 32380]] as const;

const TUTORIAL_TABLE = `
+------------------+---------+--------+------------------------+------------------------+------------+
|        ID        | STATUS  |  NAME  |       PEER ADDRS       |      CLIENT ADDRS      | IS LEARNER |
+------------------+---------+--------+------------------------+------------------------+------------+
| 8211f1d0f64f3269 | started | infra1 | http://127.0.0.1:12380 |  http://127.0.0.1:2379 |      false |
| 91bc3c398fb3c146 | started | infra2 | http://127.0.0.1:22380 | http://127.0.0.1:22379 |      false |
| fd422379fda50e48 | started | infra3 | http://127.0.0.1:32380 | http://127.0.0.1:32379 |      false |
+------------------+---------+--------+------------------------+------------------------+------------+
`.trimStart();

etcdctlTest("the tutorial's three members serve the real etcdctl", async () => {
  await withCluster(TUTORIAL_PORTS, {}, async (cluster) => {
    const one = cluster.endpoint(0);
    const all = cluster.endpoints.join(",");

    // Each member shows the same table, id for id.
    for (const endpoint of cluster.endpoints) {
      assert.equal(await etcdctl(endpoint, "member", "list", "-w", "table"), TUTORIAL_TABLE);
    }

    // put, get, del, through different members.
    assert.equal(await etcdctl(one, "put", "/foo", "bar"), "OK\n");
    assert.equal(await etcdctl(cluster.endpoint(1), "get", "/foo"), "/foo\nbar\n");
    assert.equal(
      await etcdctl(cluster.endpoint(2), "--prefix", "--keys-only=false", "get", "/"),
      "/foo\nbar\n",
    );
    assert.equal(await etcdctl(cluster.endpoint(2), "put", "/foo", "baz", "--prev-kv"), "OK\n/foo\nbar\n");
    assert.equal(await etcdctl(one, "del", "/foo"), "1\n");
    assert.equal(await etcdctl(one, "get", "/foo"), "");

    // A transaction, both ways.
    const txn = 'value("/count") = "1"\n\nput /count 2\n\nput /count 1\nget /count\n\n';
    assert.equal(await etcdctlWithInput(one, txn, "txn"), "FAILURE\n\nOK\n\n/count\n1\n");
    assert.equal(await etcdctlWithInput(one, txn, "txn"), "SUCCESS\n\nOK\n");

    // A value far larger than any window that the client grants at once.
    const large = "0123456789".repeat(100_000);
    assert.equal(await etcdctlWithInput(one, large, "put", "/large"), "OK\n");
    assert.equal(await etcdctl(one, "get", "/large", "--print-value-only"), large + "\n");

    // Compaction, and what it says of the past.
    assert.equal(await etcdctl(one, "compaction", "5"), "compacted revision 5\n");
    const past = await tryEtcdctl(one, "get", "/count", "--rev", "3");
    assert.match(past.stderr, /etcdserver: mvcc: required revision has been compacted/);

    // The cluster's state: one leader, all well, all alike.
    const status = await etcdctl(all, "endpoint", "status");
    assert.equal(status.trim().split("\n").filter((row) => row.split(", ")[4] === "true").length, 1, status);
    assert(status.includes("127.0.0.1:2379, 8211f1d0f64f3269, 3.4.23"), status);
    const health = await tryEtcdctl(all, "endpoint", "health");
    assert.equal((health.stdout + health.stderr).match(/is healthy/g)?.length, 3, health.stderr);
    const hashes = await eventually("equal hashes", async () => {
      const rows = (await etcdctl(all, "endpoint", "hashkv")).trim().split("\n").map((row) =>
        row.split(", ")[1]!
      );
      return new Set(rows).size === 1 ? rows : null;
    });
    assert.equal(hashes.length, 3);

    // The leader hands over.
    const leaderRow = status.split("\n").find((row) => row.split(", ")[4] === "true")!;
    const heir = status.split("\n").find((row) => row.split(", ")[4] === "false")!.split(", ")[1]!;
    const moved = await etcdctl(leaderRow.split(", ")[0]!, "move-leader", heir);
    assert.match(moved, /Leadership transferred from [0-9a-f]+ to [0-9a-f]+/);

    // Defragmentation and alarms answer as on a store that has nothing to complain about.
    assert.match(await etcdctl(one, "defrag"), /Finished defragmenting etcd member/);
    assert.equal(await etcdctl(one, "alarm", "list"), "");
  });
});

etcdctlTest("a fourth member is added, started and removed as in the tutorial", async () => {
  const ports = freePorts(4);
  await withCluster(ports.slice(0, 3), {}, async (cluster) => {
    const one = cluster.endpoint(0);
    const [clientPort, peerPort] = ports[3]!;

    const added = await etcdctl(one, "member", "add", "infra4", `--peer-urls=http://127.0.0.1:${peerPort}`);

    assert.match(
      added,
      /^Member +[0-9a-f]+ added to cluster +[0-9a-f]+\n\nETCD_NAME="infra4"\nETCD_INITIAL_CLUSTER=/,
    );
    // etcdctl pads ids with blanks here, where they begin with a zero.
    const id = /^Member +([0-9a-f]+)/.exec(added)![1]!;
    const initialCluster = /ETCD_INITIAL_CLUSTER="([^"]+)"/.exec(added)![1]!;
    assert.match(await etcdctl(one, "member", "list"), new RegExp(`${id}, unstarted, , `));

    cluster.specs.push({
      ...cluster.specs[0]!,
      name: "infra4",
      clientPort,
      peerPort,
      dataDir: `${cluster.root}/infra4`,
      initialCluster,
      state: "existing",
    });
    await cluster.launch(3).ready();

    assert.match(await etcdctl(one, "member", "list"), new RegExp(`${id}, started, infra4, `));
    assert.equal(await etcdctl(cluster.endpoint(3), "put", "from", "infra4"), "OK\n");

    // Whoever is removed ends by itself.
    assert.match(
      await etcdctl(one, "member", "remove", id),
      new RegExp(`^Member +${id} removed from cluster`),
    );
    const { output } = await cluster.processes[3]!.ended;
    assert.match(output, /permanently removed from the cluster/);
    assert.doesNotMatch(await etcdctl(one, "member", "list"), /infra4/);
  });
});

etcdctlTest("two clusters that differ in their token alone ignore each other", async () => {
  const ports = freePorts(3);
  await withCluster(ports.slice(0, 2), { token: "token-a" }, async (a) => {
    await etcdctl(a.endpoint(0), "put", "whose", "a");

    // The third place at the table is taken by a stranger who believes itself in the same cluster under another token.
    const flags = {
      ...a.specs[0]!,
      name: "infra3",
      clientPort: ports[2]![0],
      peerPort: ports[2]![1],
      dataDir: `${a.root}/stranger`,
      initialCluster: `${a.specs[0]!.initialCluster},infra3=http://127.0.0.1:${ports[2]![1]}`,
      token: "token-b",
    };
    a.specs.push(flags);
    const stranger = a.launch(2);
    await stranger.printed(/cluster ID mismatch/);

    const members = await etcdctl(a.endpoint(0), "member", "list");
    assert.equal(members.trim().split("\n").length, 2);
    assert.equal(await etcdctl(a.endpoint(1), "get", "whose"), "whose\na\n");
    // It knows three members by ids of its own, and none of the two that run are among them.
    assert.doesNotMatch(stranger.output, /published/);
  });
});
