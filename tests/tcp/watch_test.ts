// Watches over TCP, as the real etcdctl makes them.

import assert from "node:assert/strict";
import { etcdctl, EtcdctlSession, etcdctlTest } from "./etcdctl.ts";
import { eventually, freePorts, withCluster } from "./member_process.ts";

etcdctlTest("watches tell of past and present, on every member", async () => {
  await withCluster(freePorts(3), {}, async (cluster) => {
    const one = cluster.endpoint(0);
    await etcdctl(one, "put", "a/1", "old");
    await etcdctl(one, "put", "a/1", "older");

    const watches = cluster.endpoints.map((endpoint) =>
      new EtcdctlSession(endpoint, ["watch", "a/", "--prefix", "--rev", "3", "--prev-kv"])
    );
    // The past is told before the present begins.
    await Promise.all(watches.map((watch) => watch.printed(/PUT\na\/1\nold\na\/1\nolder\n/)));
    await etcdctl(one, "put", "a/2", "new");
    await etcdctl(one, "put", "b", "elsewhere");
    await etcdctl(one, "del", "a/1");

    const expected = "PUT\na/1\nold\na/1\nolder\nPUT\na/2\nnew\nDELETE\na/1\nolder\na/1\n\n";
    await Promise.all(watches.map((watch) => watch.printed(/DELETE\na\/1\nolder\na\/1\n\n/)));
    for (const watch of watches) assert.equal(watch.output, expected);
    await Promise.all(watches.map((watch) => watch.end()));
  });
});

etcdctlTest(
  "many watches share a stream, a compacted one ends, and a client that goes is forgotten",
  async () => {
    await withCluster(freePorts(1), {}, async (cluster) => {
      const [endpoint] = cluster.endpoints as [string];
      for (let i = 0; i < 6; i++) await etcdctl(endpoint, "put", "k", String(i));
      await etcdctl(endpoint, "compaction", "5");

      const session = new EtcdctlSession(endpoint, ["watch", "-i"], { isInteractive: true });
      await session.say("watch x");
      await session.say("watch y");
      await session.say("progress");
      await session.printed(/progress notify: 7/);
      await etcdctl(endpoint, "put", "y", "1");
      await etcdctl(endpoint, "put", "x", "2");
      await session.printed(/PUT\ny\n1\nPUT\nx\n2\n/);
      await session.end();

      const late = new EtcdctlSession(endpoint, ["watch", "k", "--rev", "2"]);
      await late.printed(/watch was canceled \(etcdserver: mvcc: required revision has been compacted\)/);
      await late.end();

      await eventually("both streams are counted as ended", async () => {
        const metrics = await (await fetch(`http://${endpoint}/metrics`)).text();
        return /grpc_server_handled_total\{grpc_code="Canceled",grpc_method="Watch",[^}]*\} 2\n/.exec(
          metrics,
        );
      });
    });
  },
);

etcdctlTest("a mirror follows", async () => {
  await withCluster(freePorts(1), {}, async (source) => {
    await withCluster(freePorts(1), {}, async (target) => {
      const [from] = source.endpoints as [string], [to] = target.endpoints as [string];
      for (let i = 0; i < 5; i++) await etcdctl(from, "put", `m/${i}`, `v${i}`);

      const mirror = new EtcdctlSession(from, ["make-mirror", "--prefix", "m/", to]);
      const has = (key: string, value: string) =>
        eventually(
          `${key} in the mirror`,
          async () => (await etcdctl(to, "get", key)) === `${key}\n${value}\n` ? true : null,
        );
      await has("m/4", "v4");
      await etcdctl(from, "put", "m/5", "later");

      await has("m/5", "later");
      assert.equal((await etcdctl(to, "get", "m/", "--prefix", "--keys-only")).match(/m\//g)?.length, 6);
      await mirror.end();
    });
  });
});
