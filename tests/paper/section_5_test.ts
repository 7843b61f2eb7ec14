// The paper's §5, statement by statement: "In Search of an Understandable Consensus Algorithm", Ongaro and Ousterhout.

import assert from "node:assert/strict";
import { utf8 } from "../../core/base/bytes.ts";
import { memberIdOf } from "../../core/base/ids.ts";
import { type Message, message } from "../../core/raft/mod.ts";
import { ELECTION_TICKS, entryOf, TestCluster, touching } from "../core/raft/cluster.ts";

const [ONE, TWO, THREE] = [1, 2, 3].map(memberIdOf) as [never, never, never];

Deno.test("§5.1 a message of a newer term makes every role a follower of that term", () => {
  for (const role of ["follower", "candidate", "leader"] as const) {
    const cluster = new TestCluster({ size: 3 });
    if (role === "candidate") cluster.raft(1).campaign();
    if (role === "leader") cluster.elect(1);

    cluster.raft(1).step(message({ kind: "append", from: TWO, to: ONE, term: 7 }));

    assert.deepEqual([cluster.raft(1).role, cluster.raft(1).term, cluster.raft(1).leader], [
      "follower",
      7,
      TWO,
    ]);
  }
});

Deno.test("§5.1 a message of an older term is ignored and does not reset the election timer", () => {
  const cluster = new TestCluster({ size: 3, logs: { 1: { terms: "", term: 5 } } });
  cluster.tick(1, 4);

  cluster.raft(1).step(message({ kind: "append", from: TWO, to: ONE, term: 4, entries: [entryOf(1, 4)] }));
  cluster.raft(1).step(message({ kind: "heartbeat", from: TWO, to: ONE, term: 4 }));

  const { electionElapsed, lastIndex, leader } = cluster.raft(1).status();
  assert.deepEqual([electionElapsed, lastIndex, leader], [4, 0, null]);
});

Deno.test("§5.2 a follower that hears nothing campaigns after T to 2T-1 ticks, at random", () => {
  const deadlines = new Set<number>();
  for (let seed = 1; seed <= 200; seed++) {
    const cluster = new TestCluster({ size: 3, seed });
    let ticks = 0;
    for (; cluster.raft(1).role === "follower"; ticks++) cluster.tick(1);
    deadlines.add(ticks);
  }

  const range = Array.from({ length: ELECTION_TICKS }, (_, i) => ELECTION_TICKS + i);
  assert.deepEqual([...deadlines].sort((a, b) => a - b), range);
});

Deno.test("§5.2 a leader's heartbeats keep its followers from campaigning", () => {
  const cluster = new TestCluster({ size: 3 });
  cluster.elect(1);

  for (let i = 0; i < 5 * ELECTION_TICKS; i++) {
    for (const n of [1, 2, 3]) cluster.tick(n);
    cluster.settle();
  }

  assert.deepEqual(cluster.nodes.map(({ raft }) => [raft.role, raft.term]), [
    ["leader", 1],
    ["follower", 1],
    ["follower", 1],
  ]);
});

Deno.test("§5.2 a campaign ends in one of three ways: won, lost to another leader, or undecided", () => {
  const won = new TestCluster({ size: 5 });
  won.raft(1).campaign();
  won.settle(touching(4, 5));
  assert.equal(won.raft(1).role, "leader");

  const undecided = new TestCluster({ size: 5 });
  undecided.raft(1).campaign();
  undecided.settle(touching(3, 4, 5));
  assert.equal(undecided.raft(1).role, "candidate");

  const beaten = new TestCluster({ size: 5 });
  beaten.raft(1).campaign();
  beaten.work();
  beaten.raft(1).step(message({ kind: "heartbeat", from: TWO, to: ONE, term: 1 }));
  assert.deepEqual([beaten.raft(1).role, beaten.raft(1).leader], ["follower", TWO]);
});

Deno.test("§5.2 a member votes once per term, first come, first served, and again for the same candidate", () => {
  const cluster = new TestCluster({ size: 3 });
  const ask = (from: Message["from"]) => {
    cluster.raft(1).step(message({ kind: "vote", from, to: ONE, term: 2 }));
    return cluster.node(1).work().map(({ to, reject }) => [to, reject]);
  };

  assert.deepEqual(ask(TWO), [[TWO, false]]);
  assert.deepEqual(ask(THREE), [[THREE, true]]);
  assert.deepEqual(ask(TWO), [[TWO, false]]);
});

Deno.test("§5.3 an entry is committed once a majority holds it, applied everywhere in order, and survives a minority", () => {
  const cluster = new TestCluster({ size: 5 });
  const leader = cluster.elect(1);

  leader.propose([utf8("a"), utf8("b")]);
  cluster.settle(touching(4, 5));
  assert.equal(leader.commit, 3);
  cluster.tick(1);
  cluster.settle();

  for (const node of cluster.nodes) assert.deepEqual([...node.applied.values()], ["", "a", "b"]);
});

Deno.test("§5.3 a proposal without a majority stays uncommitted", () => {
  const cluster = new TestCluster({ size: 5 });
  const leader = cluster.elect(1);

  leader.propose([utf8("a")]);
  cluster.settle(touching(3, 4, 5));

  assert.deepEqual([leader.commit, leader.lastIndex], [1, 2]);
});

Deno.test("§5.3 a follower rejects an append whose previous entry it lacks", () => {
  const table = [
    { index: 2, logTerm: 2, reject: false },
    { index: 2, logTerm: 1, reject: true }, // has another entry there
    { index: 3, logTerm: 3, reject: true }, // has none there
  ];
  for (const { index, logTerm, reject } of table) {
    const cluster = new TestCluster({ size: 3, logs: { 1: { terms: "12" } } });

    cluster.raft(1).step(message({ kind: "append", from: TWO, to: ONE, term: 3, index, logTerm }));

    const [reply] = cluster.node(1).work();
    assert.deepEqual([reply!.kind, reply!.reject, reply!.index], ["appendReply", reject, index]);
  }
});

Deno.test("§5.3 a conflicting tail is replaced, a matching one is kept", () => {
  const table = [
    { index: 2, logTerm: 2, entries: [entryOf(3, 3)], terms: "123" },
    { index: 1, logTerm: 1, entries: [entryOf(2, 3), entryOf(3, 4)], terms: "134" },
    { index: 0, logTerm: 0, entries: [entryOf(1, 1)], terms: "12" },
    { index: 0, logTerm: 0, entries: [entryOf(1, 3)], terms: "3" },
  ];
  for (const { index, logTerm, entries, terms } of table) {
    const cluster = new TestCluster({ size: 3, logs: { 1: { terms: "12" } } });

    cluster.raft(1).step(message({ kind: "append", from: TWO, to: ONE, term: 4, index, logTerm, entries }));
    cluster.work();

    assert.equal(cluster.node(1).terms(), terms);
    assert.equal(cluster.node(1).disk.entries.map(({ term }) => term).join(""), terms);
  }
});

Deno.test("§5.3, figure 7: a new leader brings every kind of stale log in line with its own", () => {
  const leaderLog = "1114455666";
  const logs = {
    1: { terms: leaderLog, term: 7 },
    2: { terms: "111445566" }, // a
    3: { terms: "1114" }, // b
    4: { terms: "11144556666" }, // c
    5: { terms: "111445566677" }, // d
    6: { terms: "1114444" }, // e
    7: { terms: "11122233333" }, // f
  };
  const cluster = new TestCluster({ size: 7, logs });

  cluster.elect(1);
  for (let i = 0; i < 3; i++) {
    cluster.tick(1);
    cluster.settle();
  }

  for (const node of cluster.nodes) assert.equal(node.terms(), leaderLog + "8");
  for (const { raft } of cluster.nodes) assert.equal(raft.commit, 11);
});

Deno.test("§5.3 a long diverging tail is skipped by term, not entry by entry", () => {
  const cluster = new TestCluster({
    size: 3,
    logs: { 1: { terms: "133333333" + "5".repeat(20), term: 5 }, 2: { terms: "1" + "2".repeat(40) } },
  });
  cluster.raft(1).campaign();
  let probes = 0;
  cluster.settle((each) => {
    if (each.kind === "append" && each.to === TWO) probes += 1;
    return false;
  });

  assert.equal(cluster.node(2).terms(), cluster.node(1).terms());
  assert(probes <= 5, `${probes} appends for three terms`);
});

Deno.test("§5.4.1 a vote goes only to a candidate whose log is at least as up to date", () => {
  const table = [
    { own: "11", logTerm: 1, index: 2, granted: true },
    { own: "11", logTerm: 1, index: 3, granted: true },
    { own: "11", logTerm: 1, index: 1, granted: false },
    { own: "1111", logTerm: 2, index: 1, granted: true }, // a later term outweighs length
    { own: "12", logTerm: 1, index: 9, granted: false },
  ];
  for (const { own, logTerm, index, granted } of table) {
    const cluster = new TestCluster({ size: 3, logs: { 1: { terms: own } } });

    cluster.raft(1).step(message({ kind: "vote", from: TWO, to: ONE, term: 3, logTerm, index }));

    assert.equal(cluster.node(1).work()[0]!.reject, !granted, `${own} asked by ${logTerm}/${index}`);
  }
});

/** Figure 8 just before (c): S1 is about to lead in term 4, S5 has led in term 3. */
const FIGURE_8 = {
  1: { terms: "12", term: 3 },
  2: { terms: "12" },
  3: { terms: "1" },
  4: { terms: "1" },
  5: { terms: "13" },
};

const isElection = ({ kind }: Message) => kind === "vote" || kind === "voteReply";

Deno.test("§5.4.2, figure 8: an old term's entry on a majority is not committed, and may yet be replaced", () => {
  // (c) S1 brings entry 2 to a majority; its own entry of term 4 gets nowhere.
  const cluster = new TestCluster({ size: 5, logs: FIGURE_8, options: { messageBytesMax: 0 } });
  const isLost = (each: Message) => {
    if (touching(4, 5)(each)) return !isElection(each);
    // S3 turns the first one down, for it lacks the entry before.
    const isTooEarly = each.to === THREE && cluster.raft(3).lastIndex === 1;
    return each.entries.some(({ term }) => term === 4) && !isTooEarly;
  };
  cluster.raft(1).campaign();
  cluster.settle(isLost);
  for (let i = 0; i < 3; i++) {
    cluster.tick(1);
    cluster.settle(isLost);
  }
  assert.deepEqual(cluster.nodes.map((node) => node.terms()), ["124", "12", "12", "1", "13"]);
  cluster.raft(1).step(message({ kind: "appendReply", from: TWO, to: ONE, term: 4, index: 2 }));
  const { progress } = cluster.raft(1).status();
  assert.deepEqual([ONE, TWO, THREE].map((id) => progress.get(id)!.match), [3, 2, 2]);
  assert.equal(cluster.raft(1).commit, 0);

  // (d) S1 crashes; S5 wins with the votes of the others and replaces entry 2. Its first campaign only finds the term.
  cluster.node(1).crash("nothing");
  for (let i = 0; i < 2; i++) {
    cluster.raft(5).campaign();
    cluster.settle();
  }
  for (const n of [2, 3, 4, 5]) assert.equal(cluster.node(n).terms(), "135");
});

Deno.test("§5.4.2, figure 8(e): once an entry of the leader's own term is on a majority, all before it is safe", () => {
  const cluster = new TestCluster({ size: 5, logs: FIGURE_8 });
  cluster.raft(1).campaign();
  cluster.settle((each) => touching(4, 5)(each) && !isElection(each));
  assert.equal(cluster.raft(1).commit, 3);

  cluster.node(1).crash("nothing");
  for (let i = 0; i < 3; i++) {
    cluster.raft(5).campaign();
    cluster.settle();
    assert.notEqual(cluster.raft(5).role, "leader");
  }
});

Deno.test("§5.5 requests repeated or late change nothing", () => {
  const cluster = new TestCluster({ size: 3 });
  const leader = cluster.elect(1);
  const heard: Message[] = [];
  leader.propose([utf8("a")]);
  leader.propose([utf8("b")]);
  cluster.settle((each) => {
    heard.push(each);
    return false;
  });
  const before = cluster.nodes.map((node) => [node.terms(), node.raft.commit, [...node.applied]]);

  for (const each of [...heard].reverse()) cluster.deliver(each);
  cluster.settle();

  assert.deepEqual(cluster.nodes.map((node) => [node.terms(), node.raft.commit, [...node.applied]]), before);
});
