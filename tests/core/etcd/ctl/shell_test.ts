// The command line against a simulated cluster. What is expected was printed by etcdctl 3.4.23 for the same commands;
// only ids, hashes and times are this cluster's.

import assert from "node:assert/strict";
import { SimulatedShell } from "./simulated_shell.ts";

const shell = new SimulatedShell();

Deno.test("the tutorial's member list comes out as in the tutorial", () => {
  const { out } = shell.type("etcdctl member list -w table");

  assert.equal(
    out,
    `+------------------+---------+--------+------------------------+------------------------+------------+
|        ID        | STATUS  |  NAME  |       PEER ADDRS       |      CLIENT ADDRS      | IS LEARNER |
+------------------+---------+--------+------------------------+------------------------+------------+
| 8211f1d0f64f3269 | started | infra1 | http://127.0.0.1:12380 |  http://127.0.0.1:2379 |      false |
| 91bc3c398fb3c146 | started | infra2 | http://127.0.0.1:22380 | http://127.0.0.1:22379 |      false |
| fd422379fda50e48 | started | infra3 | http://127.0.0.1:32380 | http://127.0.0.1:32379 |      false |
+------------------+---------+--------+------------------------+------------------------+------------+`,
  );
});

Deno.test("a member is added and removed with the tutorial's words", () => {
  const cluster = new SimulatedShell();
  const added = cluster.type(
    "$ etcdctl --endpoints=http://127.0.0.1:2379 member add infra4 --peer-urls=http://127.0.0.1:42380",
  );

  const id = /^Member ([0-9a-f]{16}) added to cluster ef37ad9dc622a7c4$/m.exec(added.out)?.[1];
  const members = [[id!, "infra4", "4"], ["8211", "infra1", "1"], ["91bc", "infra2", "2"], [
    "fd42",
    "infra3",
    "3",
  ]]
    .sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
  assert.equal(
    added.out.split("\n\n")[1],
    `ETCD_NAME="infra4"
ETCD_INITIAL_CLUSTER="${members.map(([, name, place]) => `${name}=http://127.0.0.1:${place}2380`).join(",")}"
ETCD_INITIAL_ADVERTISE_PEER_URLS="http://127.0.0.1:42380"
ETCD_INITIAL_CLUSTER_STATE="existing"`,
  );
  assert.match(
    cluster.type("etcdctl member list").out,
    new RegExp(`^${id}, unstarted, , http://127.0.0.1:42380, , false$`, "m"),
  );
  assert.equal(
    cluster.type(`etcdctl member remove ${id}`).out,
    `Member ${id} removed from cluster ef37ad9dc622a7c4`,
  );
});

Deno.test("goreman names the processes of the Procfile, stops and starts them", () => {
  const cluster = new SimulatedShell();
  assert.equal(cluster.type("goreman check").out, "valid procfile detected (etcd1, etcd2, etcd3)");

  const stopped = cluster.type("goreman run stop etcd1");

  assert.deepEqual(stopped, { out: "", error: "", exitCode: 0 });
  assert.deepEqual(cluster.type("etcdctl put x 1"), {
    out: "",
    error: "Error: context deadline exceeded",
    exitCode: 1,
  });
  assert.equal(cluster.type("etcdctl --endpoints=127.0.0.1:2379,127.0.0.1:22379 put x 1").out, "OK");
  assert.equal(cluster.type("goreman run status").out, " etcd1\n*etcd2\n*etcd3");
  cluster.type("goreman run start etcd1");
  // Until it has applied its log again, it does not know its own address.
  cluster.sim.runFor(2_000);
  assert.equal(cluster.type("etcdctl get x --consistency=s").exitCode, 0);
});

Deno.test("keys are written, read and deleted in every form of output", () => {
  shell.type("put x 1");
  const rows: readonly (readonly [string, string | RegExp, number])[] = [
    ["put x 2 --prev-kv", "OK\nx\n1", 0],
    ["get x", "x\n2", 0],
    ["get x --print-value-only", "2", 0],
    ["get --prefix '' --keys-only", "x\n", 0],
    ["get nokey", "", 0],
    ["--hex get x", "\\x78\n\\x32", 0],
    [
      "get x -w json",
      /^\{"header":\{"cluster_id":17237436991929493444,"member_id":9372538179322589801,"revision":\d+,"raft_term":\d+\},"kvs":\[\{"key":"eA==","create_revision":\d+,"mod_revision":\d+,"version":2,"value":"Mg=="\}\],"count":1\}$/,
      0,
    ],
    [
      "get x --write-out fields",
      /^"ClusterID" : 17237436991929493444\n"MemberID" : 9372538179322589801\n"Revision" : \d+\n"RaftTerm" : \d+\n"Key" : "x"\n"CreateRevision" : \d+\n"ModRevision" : \d+\n"Version" : 2\n"Value" : "2"\n"Lease" : 0\n"More" : false\n"Count" : 1$/,
      0,
    ],
    ["del x --prev-kv", "1\nx\n2", 0],
    ["del x", "0", 0],
    ["put 'two words' \"a b\"", "OK", 0],
    ["get two --prefix", "two words\na b", 0],
    ["version", "etcdctl version: 3.4.23\nAPI version: 3.4", 0],
  ];

  for (const [line, expected, exitCode] of rows) {
    const told = shell.type(`etcdctl ${line}`);

    if (typeof expected === "string") assert.equal(told.out, expected, line);
    else assert.match(told.out, expected, line);
    assert.deepEqual([told.error, told.exitCode], ["", exitCode], line);
  }
});

Deno.test("what is wrong is said in etcdctl's words, with its exit code", () => {
  const rows: readonly (readonly [string, string, number])[] = [
    ["put x 1 -w table", "table not supported as output format", 4],
    ["get x --print-value-only -w json", "print-value-only is only for `--write-out=simple`", 128],
    ["get", "get command needs one argument as key and an optional argument as range_end", 128],
    ["put a", "put command needs 1 argument and input from stdin or 2 arguments", 128],
    [
      "member remove zz",
      'bad member ID arg (strconv.ParseUint: parsing "zz": invalid syntax), expecting ID in Hex',
      128,
    ],
    ["member remove 1234", "etcdserver: member not found", 1],
    ["member add", "member name not provided", 128],
    ["member add foo", "member peer urls not provided", 128],
    ["member add foo --peer-urls=bad", "URL scheme must be http, https, unix, or unixs: bad", 1],
    ["member update 1234", "member peer urls not provided", 128],
    ["move-leader", "move-leader command needs 1 argument", 128],
    ["compaction x", 'strconv.ParseInt: parsing "x": invalid syntax', 1],
    ["compaction 99999", "etcdserver: mvcc: required revision is a future revision", 1],
    ["lease grant", "lease grant command needs TTL argument", 128],
    ["lease grant x", 'bad TTL (strconv.ParseInt: parsing "x": invalid syntax)', 128],
    [
      "lease revoke zz",
      'bad lease ID arg (strconv.ParseInt: parsing "zz": invalid syntax), expecting ID in Hex',
      128,
    ],
    ["lease revoke 1234", "failed to revoke lease (etcdserver: requested lease not found)", 1],
    ["lease keep-alive 1234 --once", "etcdserver: requested lease not found", 2],
    ["put --lease=1234 x 1", "etcdserver: requested lease not found", 1],
    ["get x --sort-by=bad", "bad sort target bad", 4],
    ["get x --order=bad", "bad sort order bad", 4],
    ["get x --consistency=q", 'unknown consistency flag "q"', 4],
    [
      "get --prefix --from-key x",
      "`--prefix` and `--from-key` cannot be set at the same time, choose one",
      128,
    ],
    [
      "del a z --prefix",
      "too many arguments, only accept one argument when `--prefix` or `--from-key` is set",
      128,
    ],
    ["get x -w bad", "unsupported output format", 4],
    ["put '' 1", "etcdserver: key is not provided", 1],
    ["get x --rev=99999", "etcdserver: mvcc: required revision is a future revision", 1],
    ["watch", "bad number of arguments", 128],
    ["watch a b --prefix", "`range_end` and `--prefix` are mutually exclusive", 128],
    [
      "putt",
      'unknown command "putt" for "etcdctl"\n\nDid you mean this?\n\tput\n\tauth\n\nRun \'etcdctl --help\' for usage.',
      1,
    ],
    ["foo", 'unknown command "foo" for "etcdctl"\nRun \'etcdctl --help\' for usage.', 1],
  ];

  for (const [line, message, exitCode] of rows) {
    assert.deepEqual(shell.type(`etcdctl ${line}`), { out: "", error: `Error: ${message}`, exitCode }, line);
  }
  const bogus = shell.type("etcdctl get x --bogus");
  assert.match(bogus.error, /^Error: unknown flag: --bogus\nNAME:\n\tget - /);
  assert.equal(bogus.exitCode, 1);
});

Deno.test("a transaction is read from the lines that follow, up to its third empty one", () => {
  shell.type("put x 5");
  const input = ['value("x") = "5"', "", "put y 1", "get x", "del nokey", "", "put z 2", ""];

  assert.equal(shell.type("txn", input).out, "SUCCESS\n\nOK\n\nx\n5\n\n0");
  assert.equal(
    shell.type("txn", ['version("x") > "9"', "", "", 'put z "a b"', "get z", "get x y", ""]).out,
    "FAILURE\n\nOK\n\nz\na b\n\nx\n5",
  );
  assert.match(
    shell.type("txn -w json", input).out,
    /"succeeded":true,"responses":\[\{"Response":\{"ResponsePut":\{"header":\{"revision":\d+\}\}\}\},\{"Response":\{"ResponseRange":/,
  );
  assert.equal(shell.type("txn", ["bad", ""]).error, "Error: malformed comparison: bad");
  assert.equal(shell.type("txn", ["", "putt y 1", ""]).error, "Error: invalid txn request: putt y 1");
  assert.equal(
    shell.type("txn", ["", "put q 1 --prev-kv", "put q 2", "", ""]).error,
    "Error: etcdserver: duplicate key given in txn request",
  );
});

Deno.test("a lease is granted, held on to, looked at and revoked", () => {
  const granted = shell.type("lease grant 500").out;
  const id = /^lease ([0-9a-f]{16}) granted with TTL\(500s\)$/.exec(granted)?.[1];
  shell.type(`put k v --lease=${id}`);

  assert.equal(shell.type("lease list").out, `found 1 leases\n${id}`);
  assert.match(
    shell.type(`lease timetolive ${id} --keys`).out,
    new RegExp(`^lease ${id} granted with TTL\\(500s\\), remaining\\(\\d+s\\), attached keys\\(\\[k\\]\\)$`),
  );
  assert.equal(shell.type(`lease keep-alive ${id} --once`).out, `lease ${id} keepalived with TTL(500)`);
  assert.match(
    shell.type(`lease timetolive ${id} -w json`).out,
    /"revision":\d+,"raft_term":\d+,"id":-?\d+,"ttl":\d+,"granted-ttl":500,"keys":null\}$/,
  );
  assert.equal(shell.type(`lease revoke ${id}`).out, `lease ${id} revoked`);
  assert.equal(shell.type(`lease timetolive ${id}`).out, `lease ${id} already expired`);
  assert.equal(shell.type("get k").out, "");
});

Deno.test("endpoints say who they are, and the lead is handed on by the one who has it", () => {
  const all = "--endpoints=127.0.0.1:2379,127.0.0.1:22379,127.0.0.1:32379";
  const status = shell.type("endpoint status --cluster").out.split("\n");
  assert.equal(status.length, 3);
  assert.match(
    status[0]!,
    /^http:\/\/127.0.0.1:2379, 8211f1d0f64f3269, 3\.4\.23, \d+ [kM]?B, (true|false), false, \d+, \d+, \d+, $/,
  );
  const hashes = shell.type("endpoint hashkv --cluster").out.split("\n").map((line) => line.split(", ")[1]);
  assert.equal(new Set(hashes).size, 1);
  assert.match(
    shell.type("endpoint health -w table").out,
    /^\| 127\.0\.0\.1:2379 \| {3}true \| +\d+ms \| +\|$/m,
  );
  const away = shell.type("--endpoints=127.0.0.1:1 endpoint health");
  assert.equal(
    away.error,
    "127.0.0.1:1 is unhealthy: failed to commit proposal: context deadline exceeded\nError: unhealthy cluster",
  );

  const target = shell.sim.ids.find((id) => id !== shell.sim.leader())!;
  const leader = shell.sim.leader()!;
  const alone = shell.type(`move-leader ${target} --endpoints=127.0.0.1:1`);
  assert.equal(alone.error, "Error: no leader endpoint given at [127.0.0.1:1]");
  assert.equal(
    shell.type(`move-leader ${target} ${all}`).out,
    `Leadership transferred from ${leader} to ${target}`,
  );
});

Deno.test("lines are taken as people paste them", () => {
  const shell = new SimulatedShell();
  assert.equal(shell.type("  ETCDCTL_API=3 /tmp/etcd/etcdctl put pasted 1  # as in the tutorial").out, "OK");
  assert.equal(shell.type("$ etcdctl get pasted").out, "pasted\n1");
  assert.equal(shell.type("# nothing to do").exitCode, 0);
  assert.equal(shell.type('put "open').error, 'a " is opened and not closed');
  assert.equal(shell.type("ls -l").error, "ls: command not found");
  assert.match(shell.type("help member").out, /^NAME:\n\tmember\n/);
  assert.match(shell.type("etcdctl put --help").out, /--prev-kv\[=false\]/);
});
