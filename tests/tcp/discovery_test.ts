// Bootstrapping through a discovery service, as the tutorials do it: our members through ours, through real etcd and
// through Debian's etcd-discovery; real etcd through ours; and services that are down, full, or tell nonsense.

import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { etcdctl, etcdctlTest } from "./etcdctl.ts";
import { eventually, freePorts, type MemberProcess } from "./member_process.ts";
import { aloneFlags, type Bench, seatFlags, toolTest, withBench } from "./tools.ts";

const TOKEN = "6c007a14875d53d9bf0ef5a6fc0257c817f0fb83";

etcdctlTest(
  "three members bootstrap by a token, a fourth becomes a proxy, a fifth that may not leaves",
  async () => {
    await withBench(async (bench) => {
      const [service, ...seats] = freePorts(6) as [[number, number], ...[number, number][]];
      await bench.member(aloneFlags(bench, "service", service)).ready();
      const token = `http://127.0.0.1:${service[0]}/v2/keys/discovery/${TOKEN}`;
      const put = await fetch(`${token}/_config/size`, {
        method: "PUT",
        body: new URLSearchParams({ value: "3" }),
      });
      assert.equal(put.status, 201);
      await put.body?.cancel();

      // One of the three is told by its environment, as the tutorial shows too.
      const members = seats.slice(0, 3).map((ports, i) => {
        const flags = seatFlags(bench, `etcd${i}`, ports);
        return i === 2
          ? bench.member(flags, { ETCD_DISCOVERY: token })
          : bench.member([...flags, "--discovery", token]);
      });
      await Promise.all(members.map((member) => member.ready()));
      const proxy = bench.member(seatFlags(bench, "extra", seats[3]!, "-discovery", token));
      await proxy.printed(/discovery cluster full, falling back to proxy[^]*started listening/);
      const leaving = bench.member(
        seatFlags(bench, "late", seats[4]!, "--discovery", token, "--discovery-fallback", "exit"),
      );

      const all = await etcdctl(`127.0.0.1:${seats[0]![0]}`, "member", "list");
      assert.deepEqual(all.trim().split("\n").map((row) => row.split(", ").slice(1, 3)).sort(), [
        ["started", "etcd0"],
        ["started", "etcd1"],
        ["started", "etcd2"],
      ]);
      // The proxy serves like any member, gRPC and HTTP.
      const door = `127.0.0.1:${seats[3]![0]}`;
      assert.equal(await etcdctl(door, "put", "/foo", "bar"), "OK\n");
      assert.equal(await etcdctl(`127.0.0.1:${seats[2]![0]}`, "get", "/foo"), "/foo\nbar\n");
      assert.equal(await (await fetch(`http://${door}/health`)).text(), '{"health":"true"}');
      const { code, output } = await leaving.ended;
      assert.equal(code, 1);
      assert.match(
        output,
        /^error: failed to join discovery cluster \(discovery: cluster is full\); .*use a new/m,
      );

      // A restart needs neither the service nor the flag's word; the proxy remembers, too.
      await Promise.all([members[0]!.kill(), proxy.kill()]);
      const again = bench.member(seatFlags(bench, "etcd0", seats[0]!, "--discovery", "http://127.0.0.1:1/t"));
      await again.ready();
      assert.match(again.output, /discovery token ignored since a cluster has already been initialized/);
      await bench.member(seatFlags(bench, "extra", seats[3]!, "--discovery", "http://127.0.0.1:1/t")).printed(
        /started listening/,
      );
      assert.equal(await etcdctl(door, "get", "/foo"), "/foo\nbar\n");
    });
  },
);

toolTest(["etcd", "etcdctl"], "real etcd members bootstrap through our discovery service", async () => {
  await withBench(async (bench) => {
    const [keeper, [front], ...seats] = freePorts(4) as [
      [number, number],
      [number, number],
      ...[number, number][],
    ];
    await bench.member(aloneFlags(bench, "keeper", keeper)).ready();
    await startService(bench, keeper[0], front);
    const made = await fetch(`http://127.0.0.1:${front}/new?size=2`);
    const token = await made.text();
    assert.match(token, new RegExp(`^http://127\\.0\\.0\\.1:${front}/[0-9a-f]{32}$`));

    const etcds = seats.map((ports, i) => {
      return bench.run("etcd", seatFlags(bench, `etcd${i}`, ports, "--discovery", token));
    });
    await Promise.all(etcds.map((etcd) => etcd.ready()));

    const list = await etcdctl(`127.0.0.1:${seats[0]![0]}`, "member", "list");
    assert.equal(list.match(/started, etcd/g)?.length, 2, list);
    // What the token holds now is what a third would be told.
    const { node } = await (await fetch(token)).json();
    assert.equal(node.nodes.length, 2);
  });
});

toolTest(["etcd", "etcdctl"], "our members bootstrap through real etcd's v2 keys, by its ids", async () => {
  await withBench(async (bench) => {
    const [service, ...seats] = freePorts(3) as [[number, number], ...[number, number][]];
    await startRealService(bench, service);
    const token = `http://127.0.0.1:${service[0]}/v2/keys/discovery/${TOKEN}`;
    await setSize(token, 2);

    await bootstrapTwo(bench, token, seats);

    // They sat down under the ids by which etcd would know them.
    const { node } = await (await fetch(token)).json() as { node: { nodes: { key: string }[] } };
    const seated = node.nodes.map(({ key }) => key.slice(key.lastIndexOf("/") + 1)).sort();
    const list = await etcdctl(`127.0.0.1:${seats[0]![0]}`, "member", "list");
    assert.deepEqual(list.trim().split("\n").map((row) => row.split(", ")[0]!).sort(), seated);
  });
});

toolTest(
  ["etcd", "etcdctl", "discovery.etcd.io"],
  "our members bootstrap through Debian's etcd-discovery",
  async () => {
    await withBench(async (bench) => {
      const [keeper, [front], ...seats] = freePorts(4) as [
        [number, number],
        [number, number],
        ...[number, number][],
      ];
      await startRealService(bench, keeper);
      const service = bench.run("discovery.etcd.io", [
        `--etcd=http://127.0.0.1:${keeper[0]}`,
        `--host=http://127.0.0.1:${front}`,
        `--addr=127.0.0.1:${front}`,
      ]);
      await service.printed(/discovery serving on/);
      const token = await eventually("a token", async () => {
        return await (await fetch(`http://127.0.0.1:${front}/new?size=2`)).text();
      });

      await bootstrapTwo(bench, token, seats);
    });
  },
);

Deno.test("our service in front of a member that is gone, and sizes that are none, are answered in words", async () => {
  await withBench(async (bench) => {
    const [[gone], [front]] = freePorts(2) as [[number, number], [number, number]];
    await startService(bench, gone, front);
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${front}${path}`);
      return `${answer.status} ${(await answer.text()).trim()}`;
    };

    assert.match(await ask("/new"), /^503 Unable to generate token: the cluster behind cannot be reached$/);
    assert.match(await ask("/new?size=banana"), /^400 size "banana": must be a whole number from 1 to 1000$/);
    assert.match(await ask("/health"), /^503/);
    assert.match(await ask("/nothing/here"), /^404/);
  });
});

interface Nonsense {
  readonly name: string;
  readonly answer: (path: string) => Response;
  readonly says: RegExp;
}

const asJson = (value: unknown, status = 200) => Response.json(value, { status });
const size = (value: string) => asJson({ action: "get", node: { key: "/_config/size", value } });

const NONSENSE: readonly Nonsense[] = [
  {
    name: "knows no such token",
    answer: () => asJson({ errorCode: 100, message: "Key not found", cause: "/t", index: 1 }, 404),
    says: /\(discovery: size key not found\); .*make a new token/,
  },
  {
    name: "wants no number of members",
    answer: () => size("many"),
    says: /\(discovery: size key is bad \("many"\)\); .*make a new token/,
  },
  {
    name: "is a web page",
    answer: () => new Response("<html>welcome</html>"),
    says: /\(discovery: bad discovery endpoint \(status 200, and no JSON\)\)/,
  },
  {
    name: "has members without URLs",
    answer: (path) => {
      const nodes = [{ key: "/t/1", value: "rm -rf", createdIndex: 1 }];
      return path.endsWith("size") ? size("1") : asJson({ action: "get", node: { dir: true, nodes } });
    },
    says: /\(discovery: invalid URL \("rm -rf"\)\)/,
  },
  {
    name: "has two members with one name",
    answer: (path) => {
      const nodes = ["1", "2"].map((port, i) => ({
        key: `/t/${port}`,
        value: `a=http://127.0.0.1:${port}`,
        createdIndex: i,
      }));
      return path.endsWith("size") ? size("2") : asJson({ action: "get", node: { dir: true, nodes } });
    },
    says: /\(discovery: found duplicate name\).*give each member a --name of its own/,
  },
];

for (const { name, answer, says } of NONSENSE) {
  Deno.test(`a discovery service that ${name} is answered by one clear line`, async () => {
    await withBench(async (bench) => {
      const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
        return answer(new URL(request.url).pathname);
      });
      const [seat] = freePorts(1) as [[number, number]];
      const token = `http://127.0.0.1:${server.addr.port}/t`;

      const { code, output } = await bench.member(
        seatFlags(bench, "infra1", seat, "--discovery", token, "--discovery-fallback", "exit"),
      ).ended;
      await server.shutdown();

      assert.equal(code, 1, output);
      assert.match(output.trim().split("\n").at(-1)!, says);
      assert.throws(() => Deno.statSync(`${bench.root}/infra1`), Deno.errors.NotFound, "nothing is written");
    });
  });
}

Deno.test("a member waits for a service that is down, and joins when it comes", async () => {
  await withBench(async (bench) => {
    const [service, seat] = freePorts(2) as [[number, number], [number, number]];
    const token = `http://127.0.0.1:${service[0]}/v2/keys/discovery/${TOKEN}`;
    const early = bench.member(seatFlags(bench, "infra1", seat, "--discovery", token));
    await early.printed(/error connecting to http:\/\/127\.0\.0\.1:\d+, retrying in 2s \(/);
    await bench.member(aloneFlags(bench, "service", service)).ready();
    await setSize(token, 1);

    await early.ready();

    // The same disk again is a restart; another disk under the same token is somebody who has lost it.
    await early.kill();
    Deno.removeSync(`${bench.root}/infra1`, { recursive: true });
    const { output } = await bench.member(seatFlags(bench, "infra1", seat, "--discovery", token)).ended;
    assert.match(output, /\(discovery: found duplicate id\): member [0-9a-f]+ has previously registered/);
  });
});

async function startService(bench: Bench, etcdPort: number, port: number): Promise<MemberProcess> {
  // The task's own command: `deno task` itself would not hand SIGKILL on.
  const service = bench.run(Deno.execPath(), [
    ...denoJson.tasks.discovery.split(" ").slice(1),
    "start",
    "--etcd",
    `http://127.0.0.1:${etcdPort}`,
    "--addr",
    `127.0.0.1:${port}`,
  ]);
  await service.printed(/discovery serving on/);
  return service;
}

async function startRealService(bench: Bench, ports: readonly [number, number]): Promise<void> {
  await bench.run("etcd", [...aloneFlags(bench, "service", ports), "--enable-v2"]).ready();
}

async function setSize(token: string, value: number): Promise<void> {
  const answer = await fetch(`${token}/_config/size`, {
    method: "PUT",
    body: new URLSearchParams({ value: String(value) }),
  });
  assert.equal(answer.status, 201, await answer.text());
}

async function bootstrapTwo(bench: Bench, token: string, seats: readonly [number, number][]): Promise<void> {
  const members = seats.slice(0, 2).map((ports, i) => {
    return bench.member(seatFlags(bench, `infra${i + 1}`, ports, "--discovery", token));
  });
  await Promise.all(members.map((member) => member.ready()));
  const [a, b] = seats as [[number, number], [number, number]];
  assert.equal(await etcdctl(`127.0.0.1:${a[0]}`, "put", "found", "each other"), "OK\n");
  assert.equal(await etcdctl(`127.0.0.1:${b[0]}`, "get", "found"), "found\neach other\n");
}
