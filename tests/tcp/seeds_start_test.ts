// The other ways of starting that the tutorials show: variables instead of flags, joining by what `member add` prints,
// restarts with other initial-* flags, and what an operator has when a quorum is lost.

import assert from "node:assert/strict";
import { etcdctl, etcdctlTest, tryEtcdctl } from "./etcdctl.ts";
import { eventually, freePorts, withCluster } from "./member_process.ts";
import { aloneFlags, seatFlags, withBench } from "./tools.ts";

const BRISK = ["--heartbeat-interval", "20", "--election-timeout", "200"];

etcdctlTest("one dash and variables: the cluster of the Chinese tutorial", async () => {
  await withBench(async (bench) => {
    const seats = freePorts(3);
    const cluster = seats.map(([, peer], i) => `etcd${i}=http://127.0.0.1:${peer}`).join(",");
    const members = seats.map(([client, peer], i) => {
      const url = `http://127.0.0.1:${client}`, peerUrl = `http://127.0.0.1:${peer}`;
      // deno-fmt-ignore
      return bench.member([
        "-name", `etcd${i}`, "-data-dir", `${bench.root}/etcd${i}`,
        "-initial-advertise-peer-urls", peerUrl, "-listen-peer-urls", peerUrl,
        "-listen-client-urls", url, "-advertise-client-urls", url, ...BRISK,
      ], {
        ETCD_INITIAL_CLUSTER: cluster,
        ETCD_INITIAL_CLUSTER_STATE: "new",
        ETCD_INITIAL_CLUSTER_TOKEN: "my-etcd-cluster",
      });
    });
    await Promise.all(members.map((member) => member.ready()));

    const list = await etcdctl(`127.0.0.1:${seats[2]![0]}`, "member", "list");
    assert.equal(list.match(/started, etcd\d/g)?.length, 3);

    // Started again with other first-start flags, it is who it was, and says that it does not look at them.
    await members[0]!.kill();
    const again = await bench.member([
      ...seatFlags(bench, "etcd0", seats[0]!, "--initial-cluster", `etcd0=http://127.0.0.1:${seats[0]![1]}`),
      "--initial-cluster-token=another",
      "--initial-cluster-state=existing",
      ...BRISK,
    ]).ready();
    assert.match(again.output, /--initial-cluster, --initial-cluster-state, --initial-cluster-token ignored/);
    await eventually("the list as it was", async () => {
      return await etcdctl(`127.0.0.1:${seats[0]![0]}`, "member", "list") === list || null;
    });
  });
});

etcdctlTest("a member joins with nothing but the variables that member add prints", async () => {
  const [joining, ...seats] = freePorts(4) as [[number, number], ...[number, number][]];
  await withCluster(seats, { extra: BRISK }, async (cluster) => {
    await withBench(async (bench) => {
      const peerUrl = `http://127.0.0.1:${joining[1]}`;
      const said = await etcdctl(cluster.endpoint(0), "member", "add", "infra4", `--peer-urls=${peerUrl}`);
      const env = Object.fromEntries([...said.matchAll(/^(ETCD_\w+)="(.*)"$/gm)].map(([, k, v]) => [k!, v!]));
      assert.deepEqual(Object.keys(env), [
        "ETCD_NAME",
        "ETCD_INITIAL_CLUSTER",
        "ETCD_INITIAL_ADVERTISE_PEER_URLS",
        "ETCD_INITIAL_CLUSTER_STATE",
      ]);

      // deno-fmt-ignore
      const member = bench.member([
        "--data-dir", `${bench.root}/infra4`, "--listen-peer-urls", peerUrl,
        "--listen-client-urls", `http://127.0.0.1:${joining[0]}`,
        "--advertise-client-urls", `http://127.0.0.1:${joining[0]}`, ...BRISK,
      ], env);
      await member.ready();

      assert.equal(await etcdctl(`127.0.0.1:${joining[0]}`, "put", "from", "the fourth"), "OK\n");

      // Four have started. An eighth seat would make five the quorum: refused.
      for (const port of [1, 2, 3]) {
        await etcdctl(
          cluster.endpoint(0),
          "member",
          "add",
          `x${port}`,
          `--peer-urls=http://127.0.0.1:${port}`,
        );
      }
      const eighth = await tryEtcdctl(
        cluster.endpoint(0),
        "member",
        "add",
        "x4",
        "--peer-urls=http://127.0.0.1:4",
      );
      assert.match(eighth.stderr, /re-configuration failed due to not enough started members/);
    });
  });
});

etcdctlTest("--strict-reconfig-check=false lets an operator risk the quorum", async () => {
  await withCluster(freePorts(3), { extra: [...BRISK, "--strict-reconfig-check=false"] }, async (cluster) => {
    const add = (name: string, port: number) => {
      return tryEtcdctl(cluster.endpoint(0), "member", "add", name, `--peer-urls=http://127.0.0.1:${port}`);
    };
    // Three have started; a sixth seat makes four the quorum, which the check would not allow.
    for (const port of [1, 2, 3]) assert.equal((await add(`x${port}`, port)).code, 0);
  });
});

etcdctlTest("--force-new-cluster makes the last member a cluster of its own, which grows again", async () => {
  const ports = freePorts(4);
  const joining = ports[3]!;
  await withCluster(ports.slice(0, 3), { extra: BRISK }, async (cluster) => {
    await withBench(async (bench) => {
      for (let i = 0; i < 20; i++) await etcdctl(cluster.endpoint(i % 3), "put", `key${i}`, `value${i}`);
      const ids = (await etcdctl(cluster.endpoint(2), "member", "list")).match(/^[0-9a-f]+/gm)!;
      await eventually("the third to have it all", async () => {
        const got = await etcdctl(cluster.endpoint(2), "get", "key19", "--consistency=s");
        return got === "" ? null : got;
      });
      await Promise.all(cluster.processes.map((process) => process!.kill()));

      const spec = cluster.specs[2]!;
      cluster.specs[2] = { ...spec, extra: [...spec.extra ?? [], "--force-new-cluster"] };
      const alone = await cluster.launch(2).ready();

      assert.match(alone.output, /forced a new cluster of this member alone: removed [0-9a-f]+, [0-9a-f]+/);
      const list = await etcdctl(cluster.endpoint(2), "member", "list");
      assert.match(list, /^[0-9a-f]+, started, infra3, [^\n]*\n$/);
      assert(ids.includes(/^[0-9a-f]+/.exec(list)![0]), "the same member");
      const keys = await etcdctl(cluster.endpoint(2), "get", "key", "--prefix", "--keys-only");
      assert.equal(keys.match(/^key/gm)?.length, 20);

      // Once is enough: a second start with the flag changes nothing, one without it neither.
      await cluster.processes[2]!.kill();
      const twice = await cluster.launch(2).ready();
      assert.doesNotMatch(twice.output, /forced a new cluster/);
      await cluster.processes[2]!.kill();
      cluster.specs[2] = spec;
      await cluster.launch(2).ready();

      // And it grows.
      const peerUrl = `http://127.0.0.1:${joining[1]}`;
      await etcdctl(cluster.endpoint(2), "member", "add", "infra4", `--peer-urls=${peerUrl}`);
      const all = `infra3=http://127.0.0.1:${spec.peerPort},infra4=${peerUrl}`;
      await bench.member([
        ...seatFlags(bench, "infra4", joining, "--initial-cluster", all, "--initial-cluster-state=existing"),
        ...BRISK,
      ]).ready();
      assert.equal(await etcdctl(`127.0.0.1:${joining[0]}`, "get", "key7"), "key7\nvalue7\n");

      // The removed do not come back: the cluster no longer knows them.
      const ghost = cluster.launch(0);
      await ghost.printed(/permanently removed from the cluster|is not heard: answered 410/);
    });
  });
});

etcdctlTest("a member alone starts with its name and nothing else said of the cluster", async () => {
  await withBench(async (bench) => {
    const [ports] = freePorts(1) as [[number, number]];
    // seatFlags says no --initial-cluster: it is this member's own.
    await bench.member(seatFlags(bench, "solo", ports)).ready();
    assert.match(await etcdctl(`127.0.0.1:${ports[0]}`, "member", "list"), /started, solo, /);
    const other = await bench.member(aloneFlags(bench, "solo2", ports)).ended;
    assert.match(other.output, /the port is taken/);
  });
});
