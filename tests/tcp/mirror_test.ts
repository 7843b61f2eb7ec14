// `etcdctl make-mirror` between a real etcd and a Flotilla member, in either direction: what was there, what comes, and
// what is deleted.

import assert from "node:assert/strict";
import { etcdctl, EtcdctlSession } from "./etcdctl.ts";
import { eventually, freePorts } from "./member_process.ts";
import { aloneFlags, type Bench, toolTest, withBench } from "./tools.ts";

type Kind = "etcd" | "Flotilla";

async function start(bench: Bench, kind: Kind): Promise<string> {
  const [ports] = freePorts(1) as [[number, number]];
  const flags = aloneFlags(bench, kind, ports);
  await (kind === "etcd" ? bench.run("etcd", flags) : bench.member(flags)).ready();
  return `127.0.0.1:${ports[0]}`;
}

for (const [source, target] of [["etcd", "Flotilla"], ["Flotilla", "etcd"]] as const) {
  toolTest(["etcd", "etcdctl"], `a mirror of ${source} in ${target} follows puts and deletions`, async () => {
    await withBench(async (bench) => {
      const from = await start(bench, source), to = await start(bench, target);
      for (let i = 0; i < 5; i++) await etcdctl(from, "put", `m/${i}`, `v${i}`);
      await etcdctl(from, "put", "other", "stays");

      const mirror = new EtcdctlSession(from, ["make-mirror", "--prefix", "m/", to]);
      try {
        const holds = (expected: string) =>
          eventually(
            `the mirror holds ${JSON.stringify(expected)}`,
            async () => (await etcdctl(to, "get", "", "--prefix") === expected ? true : null),
          );
        const pairs = (...indexes: number[]) => indexes.map((i) => `m/${i}\nv${i}\n`).join("");
        await holds(pairs(0, 1, 2, 3, 4));
        await etcdctl(from, "put", "m/5", "v5");
        await holds(pairs(0, 1, 2, 3, 4, 5));
        await etcdctl(from, "del", "m/1", "m/3");
        await holds(pairs(0, 3, 4, 5));
        assert.equal(await etcdctl(from, "get", "other"), "other\nstays\n");
      } finally {
        await mirror.end();
      }
    });
  });
}
