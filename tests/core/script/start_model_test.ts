// First starts by hand: what etcd says to each mistake, and who ends up in which cluster.

import assert from "node:assert/strict";
import { StartModel, type StartOutcome } from "../../../core/script/mod.ts";

const LIST = "a=http://10.0.0.1:2380,b=http://10.0.0.2:2380,c=http://10.0.0.3:2380";

function flags(name: string, more: readonly string[] = ["--initial-cluster", LIST]): string[] {
  const host = `10.0.0.${" abcdefgh".indexOf(name)}`;
  return [
    ...["--name", name, "--listen-peer-urls", `http://${host}:2380`],
    ...["--initial-advertise-peer-urls", `http://${host}:2380`],
    ...["--listen-client-urls", `http://${host}:2379`, "--advertise-client-urls", `http://${host}:2379`],
    ...more,
  ];
}

function results(outcomes: readonly StartOutcome[]): string[] {
  return outcomes.map(({ result }) => result);
}

Deno.test("three members that know each other reach a quorum with the second", () => {
  const model = new StartModel();

  const outcomes = ["a", "b", "c"].map((name) => model.start(flags(name)));

  assert.deepEqual(results(outcomes), ["waits", "quorum", "quorum"]);
  assert.equal(new Set(outcomes.map(({ clusterId }) => clusterId)).size, 1);
  assert.equal(outcomes[2]!.runningCount, 3);
});

Deno.test("mistakes are told in etcd's words", () => {
  const model = new StartModel();
  const says = (argv: readonly string[]) => model.start(argv).says.join("\n");

  assert.match(
    says(flags("a", ["--initial-cluster", "b=http://10.0.0.2:2380"])),
    /couldn't find local name "a"/,
  );
  assert.match(
    says(flags("a", ["--initial-cluster", LIST.replace("10.0.0.1:2380", "10.0.0.9:2380")])),
    /missing from --initial-advertise-peer-urls/,
  );
  assert.match(
    says(flags("a", ["--intial-cluster", LIST])),
    /flag provided but not defined: -intial-cluster/,
  );
  assert.match(
    says(["--listen-peer-urls", "http://etcd0.example.com:2380"]),
    /expected IP in URL for binding/,
  );
});

Deno.test("another token makes another cluster, and strangers of its members", () => {
  const model = new StartModel();
  model.start(flags("a"));

  const other = model.start(flags("b", ["--initial-cluster", LIST, "--initial-cluster-token", "other"]));

  assert.equal(other.result, "stranger");
  assert.match(other.says[1]!, /request cluster ID mismatch/);
});

Deno.test("a data directory knows who it is: initial flags count once", () => {
  const model = new StartModel();
  const first = model.start(flags("a"));
  assert.equal(model.start(flags("a")).result, "refused", "it runs already");
  assert.equal(model.kill("a"), null);

  const again = model.start(
    flags("a", ["--initial-cluster", "a=http://10.0.0.1:2380", "--initial-cluster-token", "x"]),
  );

  assert.equal(again.result, "restarted");
  assert.equal(again.clusterId, first.clusterId);
  assert.deepEqual(again.ignoredFlags.toSorted(), [
    "--initial-advertise-peer-urls",
    "--initial-cluster",
    "--initial-cluster-token",
  ]);
  assert.equal(model.kill("nobody"), "nothing runs on nobody");
});

Deno.test("discovery seats as many as its size, and the era decides about the rest", () => {
  const model = new StartModel();
  const url = "https://myetcd.local/v2/keys/discovery/tok";
  model.setSize("tok", 3);
  const v2 = (name: string, ...more: string[]) => model.start(flags(name, ["--discovery", url, ...more]));

  const outcomes = [v2("a"), v2("b"), v2("b"), v2("c"), v2("d"), v2("e", "--discovery-fallback=exit")];

  assert.deepEqual(results(outcomes), ["registered", "registered", "refused", "quorum", "proxy", "full"]);
  assert.match(outcomes[2]!.says[0]!, /duplicate id/);
  assert.equal(outcomes[3]!.runningCount, 3);
  assert.equal(model.registry("tok")!.entries.length, 3);

  model.era = "today";
  assert.equal(v2("f").result, "refused", "the v2 flag is gone");
  model.setSize("new", 1);
  const now = (name: string) =>
    model.start(flags(name, ["--discovery-token=new", "--discovery-endpoints=http://10.0.0.9:2379"]));
  assert.deepEqual(results([now("f"), now("g")]), ["quorum", "full"]);
});

Deno.test("a token that nobody made leads nowhere; each token of the public service is another", () => {
  const model = new StartModel();

  const lost = model.start(flags("a", ["--discovery", "https://discovery.etcd.io/nothing"]));

  assert.deepEqual([lost.result, ...lost.says], ["refused", "discovery: size key not found"]);
  const tokens = [model.newToken(3), model.newToken(3)];
  assert.match(tokens[0]!, /^[0-9a-f]{40}$/);
  assert.notEqual(tokens[0], tokens[1]);
});

Deno.test("with DNS a member finds itself by its record, or refuses", () => {
  const model = new StartModel();
  const dns = (i: number) =>
    model.start([
      ...[
        "--name",
        `m${i}`,
        "--discovery-srv",
        "example.com",
        "--listen-peer-urls",
        `http://10.0.0.${i}:2380`,
      ],
      ...["--initial-advertise-peer-urls", `http://m${i}.example.com:2380`],
      ...["--listen-client-urls", `http://10.0.0.${i}:2379`],
      ...["--advertise-client-urls", `http://m${i}.example.com:2379`],
    ]);
  assert.match(dns(1).says[0]!, /no such host/);
  for (const i of [1, 2]) model.addSrv("_etcd-server._tcp.example.com", `m${i}.example.com:2380`);

  const outcomes = [dns(3), dns(1), dns(2)];

  assert.deepEqual(results(outcomes), ["refused", "waits", "quorum"]);
  assert.match(outcomes[0]!.says[0]!, /cannot find local etcd member "m3" in SRV records/);
  assert.equal(outcomes[1]!.clusterId, outcomes[2]!.clusterId);
});
