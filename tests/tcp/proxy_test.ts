// Doors to a cluster: the tutorials' reverse proxy (--proxy), the gateway and the grpc-proxy; ours in front of ours and
// real etcd's in front of ours.

import assert from "node:assert/strict";
import { utf8 } from "../../core/base/bytes.ts";
import { KV } from "../../core/wire/gen/rpc_pb.ts";
import { etcdctl, etcdctlTest, etcdctlWithInput, tryEtcdctl } from "./etcdctl.ts";
import { eventually, freePorts, type TestCluster, withClient, withCluster } from "./member_process.ts";
import { type Bench, seatFlags, toolTest, withBench } from "./tools.ts";

const BRISK = ["--heartbeat-interval", "20", "--election-timeout", "200"];

etcdctlTest("a proxy node passes HTTP and gRPC on, outlives a member, and can be readonly", async () => {
  await withClusterAndBench(3, async (cluster, bench) => {
    const [on, readonly] = freePorts(2) as [[number, number], [number, number]];
    const seats = cluster.specs[0]!.initialCluster;
    const start = async (name: string, ports: [number, number], mode: string) => {
      // deno-fmt-ignore
      const proxy = bench.member([
        "--name", name, "--data-dir", `${bench.root}/${name}`, "--proxy", mode,
        "--listen-client-urls", `http://127.0.0.1:${ports[0]}`, "--initial-cluster", seats,
        "--proxy-failure-wait", "200", "--proxy-refresh-interval", "300",
      ]);
      await proxy.printed(/started listening on client requests/);
      return proxy;
    };
    await start("door", on, "on");
    await start("window", readonly, "readonly");
    const door = `127.0.0.1:${on[0]}`, window = `127.0.0.1:${readonly[0]}`;

    assert.equal(await etcdctl(door, "put", "/foo", "bar"), "OK\n");
    assert.equal(await etcdctl(window, "get", "/foo"), "/foo\nbar\n");
    const refused = await tryEtcdctl(window, "put", "/foo", "baz");
    assert.match(refused.stderr, /this proxy is readonly/);
    const put = { method: "PUT", body: new URLSearchParams({ value: "1" }) };
    assert.equal(await statusOf(`http://${door}/v2/keys/x`, put), 201);
    assert.equal(await statusOf(`http://${window}/v2/keys/x`, put), 501);
    assert.equal(await statusOf(`http://${window}/v2/keys/x`), 200);
    const own = await (await fetch(`http://${door}/v2/config/local/proxy`)).json();
    assert.deepEqual(own.endpoints.sort(), cluster.endpoints.map((endpoint) => `http://${endpoint}`).sort());

    // Whichever member goes, requests find another.
    for (const at of [0, 1]) {
      await cluster.processes[at]!.kill();
      // A v2 read asks one member for what it has applied; one that just came back may still be reading its log.
      await eventually("the key at whichever member answers", async () => {
        return await statusOf(`http://${door}/v2/keys/x`) === 200 || null;
      });
      assert.equal(await etcdctl(door, "get", "/foo"), "/foo\nbar\n");
      await cluster.launch(at).ready();
    }
  });
});

Deno.test("a proxy whose cluster is away says 503, and finds it when it comes", async () => {
  await withBench(async (bench) => {
    const [member, [door]] = freePorts(2) as [[number, number], [number, number]];
    const cluster = `late=http://127.0.0.1:${member[1]}`;
    // deno-fmt-ignore
    const proxy = bench.member([
      "--data-dir", `${bench.root}/door`, "--proxy", "on", "--proxy-refresh-interval", "100",
      "--listen-client-urls", `http://127.0.0.1:${door}`, "--initial-cluster", cluster,
    ]);
    await proxy.printed(/could not retrieve cluster information[^]*started listening/);
    assert.equal(await statusOf(`http://127.0.0.1:${door}/health`), 503);

    await bench.member(seatFlags(bench, "late", member, "--initial-cluster", cluster)).ready();
    await proxy.printed(/endpoints found/);

    assert.equal(await statusOf(`http://127.0.0.1:${door}/health`), 200);
    // A directory that a proxy has used is no member's, and the other way round.
    Deno.mkdirSync(`${bench.root}/door/member`);
    await proxy.kill();
    const both = await bench.member(["--data-dir", `${bench.root}/door`]).ended;
    assert.match(both.output, /^error: invalid datadir .*\. Both member and proxy directories exist\./);
  });
});

etcdctlTest("grpc-proxy start, as in the tutorial; failover, namespace, and reads from memory", async () => {
  await withClusterAndBench(3, async (cluster, bench) => {
    const [[plain], [named]] = freePorts(2) as [[number, number], [number, number]];
    const endpoints = cluster.endpoints.join(",");
    const start = async (port: number, ...more: string[]) => {
      // deno-fmt-ignore
      const proxy = bench.member([
        "grpc-proxy", "start", `--endpoints=${endpoints}`, `--listen-addr=127.0.0.1:${port}`,
        `--advertise-client-url=127.0.0.1:${port}`, ...more,
      ]);
      await proxy.printed(/ready to proxy client requests/);
    };
    await start(plain);
    await start(named, "--namespace", "team/");
    const door = `127.0.0.1:${plain}`, team = `127.0.0.1:${named}`;

    // The tutorial: put at the proxy, get at another member.
    assert.equal(await etcdctl(`http://${door}`, "put", "/foo", "bar"), "OK\n");
    const got = await etcdctl(`http://${cluster.endpoint(1)}`, "--prefix", "--keys-only=false", "get", "/");
    assert.equal(got, "/foo\nbar\n");

    // Keys of the namespace are seen without it inside, and with it outside.
    assert.equal(await etcdctl(team, "put", "a", "1"), "OK\n");
    assert.equal(await etcdctl(team, "put", "b", "2"), "OK\n");
    assert.equal(await etcdctl(team, "get", "", "--from-key"), "a\n1\nb\n2\n");
    assert.equal(await etcdctl(door, "get", "team/", "--prefix"), "team/a\n1\nteam/b\n2\n");
    const txn = 'value("a") = "1"\n\nput c 3\nget a\n\nput d 4\n\n';
    assert.equal(await etcdctlWithInput(team, txn, "txn"), "SUCCESS\n\nOK\n\na\n1\n");
    assert.equal(await etcdctl(team, "del", "", "--from-key", "--prev-kv"), "3\na\n1\nb\n2\nc\n3\n");
    assert.equal(await etcdctl(door, "get", "/", "--prefix"), "/foo\nbar\n");

    // A serializable read is answered from memory, until this proxy writes in its range.
    const read = { key: utf8("/foo"), serializable: true };
    await withClient(door, async (client) => {
      const first = await client.call(KV.method.range, read);
      await etcdctl(cluster.endpoint(0), "put", "elsewhere", "1");
      const again = await client.call(KV.method.range, read);
      assert.equal(again.header!.revision, first.header!.revision);
      await client.call(KV.method.put, { key: utf8("/foo"), value: utf8("new") });
      const after = await client.call(KV.method.range, read);
      assert.equal(new TextDecoder().decode(after.kvs[0]!.value), "new");
    });

    // It lists itself alone, so that clients stay with it.
    assert.match(await etcdctl(door, "member", "list"), new RegExp(`, started, .*, , ${door}, false\n$`));

    for (const at of [0, 1]) {
      await cluster.processes[at]!.kill();
      // What was on its way to a leader that died is lost, as with real etcd; the next one finds the way.
      await eventually("a put through what is left", () => {
        return etcdctl(door, "--command-timeout=1s", "put", "during", String(at));
      });
      await cluster.launch(at).ready();
    }
    const health = await fetch(`http://${door}/health`);
    assert.equal(await health.text(), '{"health":"true"}');
  });
});

etcdctlTest("the gateway is a door for every byte", async () => {
  await withClusterAndBench(1, async (cluster, bench) => {
    const [[port]] = freePorts(1) as [[number, number]];
    const [[dead]] = freePorts(1) as [[number, number]];
    // deno-fmt-ignore
    const gateway = bench.member([
      "gateway", `--listen-addr=127.0.0.1:${port}`, "start",
      `--endpoints=127.0.0.1:${dead},${cluster.endpoint(0)}`,
    ]);
    await gateway.printed(/ready to proxy client requests/);

    assert.equal(await etcdctl(`127.0.0.1:${port}`, "put", "a", "b"), "OK\n");
    assert.equal(await statusOf(`http://127.0.0.1:${port}/health`), 200);

    const self = await bench.member([
      "gateway",
      "start",
      `--listen-addr=127.0.0.1:${port}`,
      `--endpoints=127.0.0.1:${port}`,
    ]).ended;
    assert.match(self.output, /^error: an endpoint should not resolve to the gateway listen addr/);
    const odd = await bench.member(["grpc-proxy", "start", "--endpoints=nowhere"]).ended;
    assert.match(odd.output, /^error: endpoint "nowhere": .*write it as 127.0.0.1:2379/);
    assert.match((await bench.member(["grpc-proxy", "begin"]).ended).output, /unknown command "begin"/);
  });
});

toolTest(
  ["etcd", "etcdctl"],
  "real etcd's own grpc-proxy and gateway stand in front of our members",
  async () => {
    await withClusterAndBench(1, async (cluster, bench) => {
      const [[proxy], [gateway]] = freePorts(2) as [[number, number], [number, number]];
      // deno-fmt-ignore
      const started = bench.run("etcd", [
      "grpc-proxy", "start", `--endpoints=${cluster.endpoint(0)}`, `--listen-addr=127.0.0.1:${proxy}`,
      `--advertise-client-url=127.0.0.1:${proxy}`, `--data-dir=${bench.root}/proxy`,
    ]);
      await started.printed(/started gRPC proxy/);
      const passing = bench.run("etcd", [
        "gateway",
        "start",
        `--endpoints=${cluster.endpoint(0)}`,
        `--listen-addr=127.0.0.1:${gateway}`,
      ]);
      await passing.printed(/ready to proxy client requests/);

      assert.equal(await etcdctl(`127.0.0.1:${proxy}`, "put", "/foo", "bar"), "OK\n");
      assert.equal(await etcdctl(cluster.endpoint(0), "get", "/foo"), "/foo\nbar\n");
      assert.equal(await etcdctl(`127.0.0.1:${gateway}`, "get", "/foo"), "/foo\nbar\n");
    });
  },
);

async function withClusterAndBench(
  size: number,
  body: (cluster: TestCluster, bench: Bench) => Promise<void>,
): Promise<void> {
  await withCluster(
    freePorts(size),
    { extra: BRISK },
    (cluster) => withBench((bench) => body(cluster, bench)),
  );
}

async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  const answer = await fetch(url, init);
  await answer.body?.cancel();
  return answer.status;
}
