// The tutorial of a local cluster, command by command as it is printed: started by its Procfile, a member stopped and
// started, a fourth added, started and removed, a gRPC proxy in front. What the tutorial shows as output must come out,
// character by character, ids included: they are hashes of its URLs, which is why its very ports are used. One id
// depends on the second in which the member was added; it is put in its place.

import assert from "node:assert/strict";
import { etcdctl, etcdctlTest } from "./etcdctl.ts";
import { eventually, freePorts } from "./member_process.ts";
import { runCluster, withBench } from "./tools.ts";

const CLUSTER = "infra3=http://127.0.0.1:32380,infra2=http://127.0.0.1:22380,infra1=http://127.0.0.1:12380";
const CLUSTER_ID = "ef37ad9dc622a7c4";
/** The id of infra4 in the tutorial's run. */
const TUTORIAL_ID = "72a6d8ad06c5d803";

const RULE =
  "+------------------+-----------+--------+------------------------+------------------------+------------+";
const HEAD =
  "|        ID        |  STATUS   |  NAME  |       PEER ADDRS       |      CLIENT ADDRS      | IS LEARNER |";
const UNSTARTED =
  "| 72a6d8ad06c5d803 | unstarted |        | http://127.0.0.1:42380 |                        |      false |";
const THREE = [
  "| 8211f1d0f64f3269 |   started | infra1 | http://127.0.0.1:12380 |  http://127.0.0.1:2379 |      false |",
  "| 91bc3c398fb3c146 |   started | infra2 | http://127.0.0.1:22380 | http://127.0.0.1:22379 |      false |",
  "| fd422379fda50e48 |   started | infra3 | http://127.0.0.1:32380 | http://127.0.0.1:32379 |      false |",
];
const NARROW_RULE = RULE.replace("+-----------+", "+---------+");
const NARROW_HEAD = HEAD.replace("  STATUS   ", " STATUS  ");
const STARTED =
  "| 72a6d8ad06c5d803 | started | infra4 | http://127.0.0.1:42380 | http://127.0.0.1:42379 |      false |";
const NARROW_THREE = THREE.map((row) => row.replace("|   started", "| started"));

etcdctlTest(
  "the local cluster's transcript: Procfile, stop and start, add, start, remove, proxy",
  async () => {
    await withBench(async (bench) => {
      const [[control]] = freePorts(1) as [[number, number]];
      const procfile = `${bench.root}/Procfile`;
      const lines = [1, 2, 3].map((i) => `etcd${i}: ${tutorialCommand(i, CLUSTER, "new")}`);
      Deno.writeTextFileSync(procfile, lines.join("\n") + "\n");
      const goreman = ["-f", procfile, "-p", String(control)];
      assert.match(
        (await runCluster(bench, ...goreman, "check").ended).output,
        /valid procfile detected \(etcd1, etcd2, etcd3\)/,
      );
      const runner = runCluster(bench, ...goreman, "start");
      for (const i of [1, 2, 3]) await runner.printed(new RegExp(`etcd${i} \\| .*enabled capabilities`));

      const one = "http://127.0.0.1:2379", two = "http://127.0.0.1:22379";
      const table = () => etcdctl("127.0.0.1:2379", "member", "list", "-w", "table");
      const narrow = tableOf(NARROW_RULE, NARROW_HEAD, NARROW_THREE);
      assert.equal(await table(), narrow);

      assert.equal((await runCluster(bench, ...goreman, "run", "stop", "etcd1").ended).code, 0);
      await eventually(
        "a put at the others",
        () => etcdctl(two, "--command-timeout=1s", "put", "meanwhile", "1"),
      );
      assert.equal((await runCluster(bench, ...goreman, "run", "start", "etcd1").ended).code, 0);
      await runner.printed(/Terminating etcd1[^]*etcd1 \| .*enabled capabilities/);
      assert.equal(await etcdctl(one, "get", "meanwhile"), "meanwhile\n1\n");

      // A member that has just returned is not counted as connected before it has been heard.
      const added = await eventually("the addition", () => {
        return etcdctl(one, "member", "add", "infra4", "--peer-urls=http://127.0.0.1:42380");
      });
      const id = /^Member +([0-9a-f]+)/.exec(added)![1]!;
      const told = added.replace(/^(Member +)[0-9a-f]+/, `$1${TUTORIAL_ID}`);
      const initial = /ETCD_INITIAL_CLUSTER="([^"]+)"/.exec(told)![1]!;
      assert.equal(
        told.replace(initial, initial.split(",").sort(byTutorial).join(",")).replace("Member  ", "Member "),
        `Member ${TUTORIAL_ID} added to cluster ${CLUSTER_ID}

ETCD_NAME="infra4"
ETCD_INITIAL_CLUSTER="infra4=http://127.0.0.1:42380,infra1=http://127.0.0.1:12380,infra2=http://127.0.0.1:22380,infra3=http://127.0.0.1:32380"
ETCD_INITIAL_ADVERTISE_PEER_URLS="http://127.0.0.1:42380"
ETCD_INITIAL_CLUSTER_STATE="existing"
`,
      );
      assert.equal(await table(), tableOf(RULE, HEAD, [UNSTARTED, ...THREE], id));

      const all = `infra4=http://127.0.0.1:42380,${CLUSTER}`;
      const fourth = bench.run(
        "sh",
        ["-c", `cd ${bench.root}; exec ${tutorialCommand(4, all, "existing")}`],
        memberPath(),
      );
      await fourth.ready();
      assert.equal(await table(), tableOf(NARROW_RULE, NARROW_HEAD, [STARTED, ...NARROW_THREE], id));

      const removed = await etcdctl(one, "member", "remove", id);
      assert.equal(removed.replace(/ +/g, " "), `Member ${id} removed from cluster ${CLUSTER_ID}\n`);
      assert.match((await fourth.ended).output, /permanently removed from the cluster/);
      assert.equal(await table(), narrow);

      // deno-fmt-ignore
      const proxy = bench.member([
      "grpc-proxy", "start", "--endpoints=127.0.0.1:2379,127.0.0.1:22379,127.0.0.1:32379",
      "--listen-addr=127.0.0.1:23790", "--advertise-client-url=127.0.0.1:23790",
    ]);
      await proxy.printed(/started gRPC proxy|ready to proxy/);
      assert.equal(await etcdctl("http://127.0.0.1:23790", "put", "/foo", "bar"), "OK\n");
      assert.equal(await etcdctl(two, "--prefix", "--keys-only=false", "get", "/"), "/foo\nbar\n");

      assert.equal((await runner.kill("SIGINT")).code, 0);
    });
  },
);

etcdctlTest("the other tutorial's Procfile: zap's flags, and its member list", async () => {
  await withBench(async (bench) => {
    const [[control]] = freePorts(1) as [[number, number]];
    const all = [1, 2, 3].map((i) => `infra${i}=http://127.0.0.1:${i}2380`).join(",");
    const lines = [1, 2, 3].map((i) =>
      `etcd${i}: etcd --name infra${i} ` +
      `--listen-client-urls http://127.0.0.1:${i}2379 --advertise-client-urls http://127.0.0.1:${i}2379 ` +
      `--listen-peer-urls http://127.0.0.1:${i}2380 --initial-advertise-peer-urls http://127.0.0.1:${i}2380 ` +
      `--initial-cluster-token etcd-cluster-1 --initial-cluster '${all}' --initial-cluster-state new ` +
      `--enable-pprof --logger=zap --log-outputs=stderr`
    );
    const procfile = `${bench.root}/Procfile`;
    Deno.writeTextFileSync(procfile, lines.join("\n") + "\n");
    const runner = runCluster(bench, "-f", procfile, "-p", String(control), "start");
    for (const i of [1, 2, 3]) await runner.printed(new RegExp(`etcd${i} \\| .*enabled capabilities`));

    assert.equal(
      await etcdctl("http://localhost:22379", "member", "list"),
      `8211f1d0f64f3269, started, infra1, http://127.0.0.1:12380, http://127.0.0.1:12379, false
91bc3c398fb3c146, started, infra2, http://127.0.0.1:22380, http://127.0.0.1:22379, false
fd422379fda50e48, started, infra3, http://127.0.0.1:32380, http://127.0.0.1:32379, false
`,
    );
    assert.equal((await runner.kill("SIGINT")).code, 0);
  });
});

/** The tutorial's command for member `i`; its data goes into the working directory. */
function tutorialCommand(i: number, cluster: string, state: "new" | "existing"): string {
  const client = `http://127.0.0.1:${i === 1 ? "" : i}2379`, peer = `http://127.0.0.1:${i}2380`;
  return `etcd --name infra${i} --listen-client-urls ${client} --advertise-client-urls ${client} ` +
    `--listen-peer-urls ${peer} --initial-advertise-peer-urls ${peer} --initial-cluster-token etcd-cluster-1 ` +
    `--initial-cluster ${cluster} --initial-cluster-state ${state}`;
}

/** A PATH on which `etcd` is our member, as a user would set it. */
function memberPath(): Record<string, string> {
  const bin = new URL("../../bin", import.meta.url).pathname;
  return { PATH: `${bin}:${Deno.env.get("PATH")}`, DENO: Deno.execPath() };
}

/** etcdctl's table: rows go by id, and the added member's id is this run's. */
function tableOf(rule: string, head: string, rows: readonly string[], addedId = TUTORIAL_ID): string {
  const here = rows.map((row) => row.replace(TUTORIAL_ID, addedId.padStart(16))).sort(byId);
  return [rule, head, rule, ...here, rule].join("\n") + "\n";
}

function byId(a: string, b: string): number {
  const [left, right] = [a, b].map((row) => row.slice(2, 18).replaceAll(" ", "0")) as [string, string];
  return left < right ? -1 : 1;
}

/** The added member first: its id happened to be the smallest. */
function byTutorial(a: string, b: string): number {
  const rank = (seat: string) => (seat.startsWith("infra4") ? "" : seat);
  return rank(a) < rank(b) ? -1 : 1;
}
