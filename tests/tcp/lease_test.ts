// Leases over TCP: only the leader keeps their time, so whatever another member is asked travels there and back.

import assert from "node:assert/strict";
import { etcdctl, EtcdctlSession, etcdctlTest, tryEtcdctl } from "./etcdctl.ts";
import { eventually, freePorts, withCluster } from "./member_process.ts";

etcdctlTest("leases are granted, kept alive, looked at and revoked through every member", async () => {
  await withCluster(freePorts(3), {}, async (cluster) => {
    const all = cluster.endpoints;
    const follower = await eventually("a follower", async () => {
      const rows = (await etcdctl(all.join(","), "endpoint", "status")).trim().split("\n");
      return rows.find((row) => row.split(", ")[4] === "false")?.split(", ")[0] ?? null;
    });

    const granted = await etcdctl(follower, "lease", "grant", "60");
    const id = /^lease ([0-9a-f]+) granted with TTL\(60s\)/.exec(granted)![1]!;
    assert.equal(await etcdctl(follower, "put", "leased", "v", "--lease", id), "OK\n");

    for (const endpoint of all) {
      assert.equal(
        await etcdctl(endpoint, "lease", "keep-alive", "--once", id),
        `lease ${id} keepalived with TTL(60)\n`,
      );
      assert.match(
        await etcdctl(endpoint, "lease", "timetolive", id, "--keys"),
        new RegExp(
          `^lease ${id} granted with TTL\\(60s\\), remaining\\(\\d+s\\), attached keys\\(\\[leased\\]\\)`,
        ),
      );
      assert.equal(await etcdctl(endpoint, "lease", "list"), `found 1 leases\n${id}\n`);
    }

    assert.equal(await etcdctl(follower, "lease", "revoke", id), `lease ${id} revoked\n`);
    assert.equal(await etcdctl(follower, "get", "leased"), "");
    assert.match(await etcdctl(follower, "lease", "timetolive", id), /already expired/);
    const late = await tryEtcdctl(follower, "put", "k", "v", "--lease", id);
    assert.match(late.stderr, /etcdserver: requested lease not found/);
    const gone = await tryEtcdctl(follower, "lease", "keep-alive", "--once", id);
    assert.match(gone.stdout + gone.stderr, /expired or revoked|requested lease not found/);
  });
});

etcdctlTest(
  "a lease kept alive outlives its time and the leader, and one that is not goes with its key",
  async () => {
    await withCluster(freePorts(3), {}, async (cluster) => {
      const all = cluster.endpoints.join(",");
      const grant = async () =>
        /^lease ([0-9a-f]+) granted/.exec(await etcdctl(all, "lease", "grant", "2"))![1]!;
      const kept = await grant(), left = await grant();
      await etcdctl(all, "put", "kept", "v", "--lease", kept);
      await etcdctl(all, "put", "left", "v", "--lease", left);
      const keeper = new EtcdctlSession(all, ["lease", "keep-alive", kept]);
      await keeper.printed(/keepalived with TTL\(2\)/);
      const watch = new EtcdctlSession(all, ["watch", "", "--prefix", "--rev", "1"]);

      const leader = (await etcdctl(all, "endpoint", "status")).trim().split("\n")
        .findIndex((row) => row.split(", ")[4] === "true");
      await cluster.processes[leader]!.kill();

      await watch.printed(/DELETE\nleft\n/);
      assert.doesNotMatch(watch.output, /DELETE\nkept/);
      const survivors = cluster.endpoints.filter((_, at) => at !== leader).join(",");
      assert.equal(await etcdctl(survivors, "get", "kept"), "kept\nv\n");
      await keeper.end();
      await watch.printed(/DELETE\nkept\n/);
      await watch.end();
    });
  },
);
