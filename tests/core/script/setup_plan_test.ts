// What the set-up form makes: ids as etcd computes them, files that etcd can be started with, and warnings that say what
// would happen.

import assert from "node:assert/strict";
import { parseCommandLine } from "../../../core/etcd/mod.ts";
import {
  planSetup,
  type SetupForm,
  type SetupMachine,
  setupSentence,
  type SetupWarningKey,
  TUTORIALS,
} from "../../../core/script/mod.ts";

function changed(form: SetupForm, change: Partial<SetupForm>): SetupForm {
  return { ...form, ...change };
}

function keysOf(form: SetupForm): SetupWarningKey[] {
  return planSetup(form).warnings.map(({ key }) => key);
}

function withMachine(form: SetupForm, place: number, change: Partial<SetupMachine>): SetupForm {
  return changed(form, {
    machines: form.machines.map((machine, i) => i === place ? { ...machine, ...change } : machine),
  });
}

Deno.test("the tutorials' machines get the tutorials' ids", () => {
  const { machines, clusterId, quorum, tolerates } = planSetup(TUTORIALS.local);

  assert.deepEqual(machines.map(({ memberId }) => memberId), [
    "8211f1d0f64f3269",
    "91bc3c398fb3c146",
    "fd422379fda50e48",
  ]);
  assert.equal(clusterId, "ef37ad9dc622a7c4");
  assert.deepEqual({ quorum, tolerates }, { quorum: 2, tolerates: 1 });
});

Deno.test("every tutorial's form starts members whose flags etcd's own reader takes", () => {
  for (const [name, form] of Object.entries(TUTORIALS)) {
    const plan = planSetup(form);

    assert.equal(plan.machines.length, 3, name);
    for (const { flags, memberId, unit } of plan.machines) {
      const config = parseCommandLine(flags.map(({ flag, value }) => `--${flag}=${value}`), new Map());
      assert.equal(config.kind, "config", name);
      assert.match(memberId!, /^[0-9a-f]{1,16}$/);
      assert.match(unit, /\nExecStart=\/usr\/local\/bin\/etcd \\\n {2}--name /);
    }
    assert.deepEqual(keysOf(form), name === "local" ? ["host.all"] : [], name);
  }
});

Deno.test("the commands for three machines are what the tutorial types", () => {
  const { machines, procfile } = planSetup(TUTORIALS.tenNet);

  assert.equal(
    machines[1]!.command,
    [
      "etcd --name etcd1 --data-dir /var/lib/etcd",
      "--listen-peer-urls http://10.0.1.11:2380",
      "--initial-advertise-peer-urls http://10.0.1.11:2380",
      "--listen-client-urls http://10.0.1.11:2379,http://127.0.0.1:2379",
      "--advertise-client-urls http://10.0.1.11:2379",
      "--initial-cluster-token my-etcd-cluster",
      "--initial-cluster etcd0=http://10.0.1.10:2380,etcd1=http://10.0.1.11:2380,etcd2=http://10.0.1.12:2380",
      "--initial-cluster-state new",
    ].join(" \\\n  "),
  );
  assert.deepEqual(procfile.split("\n").map((line) => line.split(" ")[0]), [
    "etcd1:",
    "etcd2:",
    "etcd3:",
    "",
  ]);
});

Deno.test("localhost across machines is warned of by what it does", () => {
  const form = withMachine(TUTORIALS.tenNet, 2, { peerUrl: "http://localhost:2380" });

  const { warnings, machines, clusterId } = planSetup(form);

  assert.deepEqual(warnings.map((one) => setupSentence(one, "en")), [
    "etcd0 and etcd1 cannot reach etcd2. There, localhost means themselves.",
  ]);
  assert.deepEqual(warnings[0]!.values, { name: "etcd2", others: ["etcd0", "etcd1"], host: "10.0.1.12" });
  assert.equal(machines[2]!.host, "10.0.1.12", "its client URL tells where it stands");
  // The set-up drawing's ids.
  assert.deepEqual(machines.map(({ memberId }) => memberId), [
    "c7c6b5d4a7ab669c",
    "98389d05774d579c",
    "f9ea9ced017383c7",
  ]);
  assert.equal(clusterId, "eb86ae09b666c59");
});

Deno.test("each mistake has a warning that speaks both languages", () => {
  const { tenNet, local } = TUTORIALS;
  const many = (count: number) =>
    changed(tenNet, {
      machines: Array.from({ length: count }, (_, i) => ({
        name: `m${i}`,
        peerUrl: `http://10.0.0.${i + 1}:2380`,
        clientUrl: `http://10.0.0.${i + 1}:2379`,
      })),
    });
  const cases: readonly (readonly [SetupWarningKey, SetupForm])[] = [
    ["size.none", many(0)],
    ["size.none", many(10)],
    ["size.one", many(1)],
    ["size.two", many(2)],
    ["size.even", many(4)],
    ["size.large", many(9)],
    ["name.bad", withMachine(tenNet, 0, { name: "" })],
    ["name.twice", withMachine(tenNet, 0, { name: "etcd1" })],
    ["url.bad", withMachine(tenNet, 0, { peerUrl: "10.0.1.10" })],
    ["url.twice", withMachine(tenNet, 0, { peerUrl: "http://10.0.1.11:2380" })],
    ["url.everywhere", withMachine(tenNet, 0, { peerUrl: "http://0.0.0.0:2380" })],
    ["client.localhost", withMachine(tenNet, 0, { clientUrl: "http://127.0.0.1:2379" })],
    ["port.same", withMachine(tenNet, 0, { clientUrl: "http://10.0.1.10:2380" })],
    ["host.all", local],
    [
      "host.shared",
      withMachine(tenNet, 0, { peerUrl: "http://10.0.1.11:3380", clientUrl: "http://10.0.1.11:3379" }),
    ],
    ["token.none", changed(tenNet, { token: "" })],
    ["token.default", changed(tenNet, { token: "etcd-cluster" })],
    ["discovery.none", changed(tenNet, { method: "discovery" })],
    [
      "discovery.public",
      changed(tenNet, { method: "discovery", discoveryUrl: "https://discovery.etcd.io/3e86" }),
    ],
    ["dns.none", changed(tenNet, { method: "dns" })],
    ["dns.address", changed(tenNet, { method: "dns", domain: "example.com" })],
    ["etcd.refuses", withMachine(tenNet, 0, { name: "etcd1" })],
  ];
  for (const [key, form] of cases) {
    const found = planSetup(form).warnings.find((warning) => warning.key === key);

    assert(found, `${key} is not warned of; there are ${keysOf(form).join(", ")}`);
    for (const language of ["en", "zh"] as const) {
      assert.match(setupSentence(found, language), /\S.*[.。]|\S/);
    }
    assert.match(setupSentence(found, "zh"), /[\u4e00-\u9fff]/);
  }
});

Deno.test("DNS asks for the records a zone must hold, and listens on every address", () => {
  const form = changed(TUTORIALS.tenNet, {
    method: "dns",
    domain: "example.com",
    machines: [0, 1, 2].map((i) => ({
      name: `etcd${i}`,
      peerUrl: `http://etcd${i}.example.com:2380`,
      clientUrl: `http://etcd${i}.example.com:2379`,
    })),
  });

  const { records, machines, warnings, clusterId } = planSetup(form);

  assert.equal(records[0], "_etcd-server._tcp.example.com. 300 IN SRV 0 0 2380 etcd0.example.com.");
  assert.equal(records.length, 6);
  assert.match(machines[0]!.command, /--listen-peer-urls http:\/\/0\.0\.0\.0:2380/);
  assert.deepEqual(warnings, []);
  assert.notEqual(clusterId, null);
});

Deno.test("a value with blanks or quotes reaches a shell in one piece", () => {
  const { machines } = planSetup(changed(TUTORIALS.tenNet, { token: "it's mine" }));

  assert.match(machines[0]!.command, /--initial-cluster-token 'it'\\''s mine'/);
});
