// Mistakes that real implementations have made, each replayed against this one.

import assert from "node:assert/strict";
import { utf8 } from "../../core/base/bytes.ts";
import { memberIdOf } from "../../core/base/ids.ts";
import { compareLogPosition, type Message, message } from "../../core/raft/mod.ts";
import { changeOf, entryOf, TestCluster } from "../core/raft/cluster.ts";
import { textCodec } from "../raft_testdata/changes.ts";

const [ONE, TWO, THREE, FOUR] = [1, 2, 3, 4].map(memberIdOf) as [never, never, never, never];

Deno.test("positions are compared by term first, and only then by index", () => {
  const ascending = [[0, 0], [1, 1], [1, 5], [2, 2], [2, 3], [3, 1]].map(([term, index]) => ({
    term: term!,
    index: index!,
  }));

  ascending.forEach((a, i) =>
    ascending.forEach((b, j) => assert.equal(Math.sign(compareLogPosition(a, b)), Math.sign(i - j)))
  );
});

Deno.test("a vote, and a request for votes, leave only after the write that carries them", () => {
  const cluster = new TestCluster({ size: 3 });
  const node = cluster.node(1);
  node.slowDisk = true;

  node.raft.step(message({ kind: "vote", from: TWO, to: ONE, term: 2 }));
  assert.deepEqual(node.work(), []);
  assert.equal(node.completeWrite()[0]!.kind, "voteReply");
  node.raft.campaign();
  assert.deepEqual(node.work(), []);
  assert.deepEqual(node.completeWrite().map(({ kind }) => kind), ["vote", "vote"]);
});

Deno.test("a vote given before a crash is remembered after it", () => {
  const cluster = new TestCluster({ size: 3 });
  const node = cluster.node(1);
  node.raft.step(message({ kind: "vote", from: TWO, to: ONE, term: 2 }));
  node.work();

  node.crash("nothing");
  node.restart();
  node.raft.step(message({ kind: "vote", from: THREE, to: ONE, term: 2 }));

  assert.equal(node.work()[0]!.reject, true);
});

Deno.test("a candidate that gives way to a leader of its term keeps its vote", () => {
  const cluster = new TestCluster({ size: 3 });
  cluster.raft(1).campaign();

  cluster.raft(1).step(message({ kind: "append", from: TWO, to: ONE, term: 1 }));

  const { role, vote } = cluster.raft(1).status();
  assert.deepEqual([role, vote], ["follower", ONE]);
});

Deno.test("a vote counts once, however often it arrives, and not for another campaign", () => {
  const cluster = new TestCluster({ size: 5 });
  const raft = cluster.raft(1);
  raft.campaign();
  cluster.work();

  for (let i = 0; i < 5; i++) raft.step(message({ kind: "voteReply", from: TWO, to: ONE, term: 1 }));
  raft.step(message({ kind: "preVoteReply", from: THREE, to: ONE, term: 1 }));
  raft.step(message({ kind: "voteReply", from: TWO, to: ONE, term: 1, reject: true }));

  assert.equal(raft.role, "candidate");
  raft.step(message({ kind: "voteReply", from: FOUR, to: ONE, term: 1 }));
  assert.equal(raft.role, "leader");
});

Deno.test("a single voter counts its own vote, and its own entry, only when they are durable", () => {
  const cluster = new TestCluster({ size: 1 });
  const node = cluster.node(1);
  node.slowDisk = true;

  node.raft.campaign();
  node.work();
  assert.equal(node.raft.role, "candidate");
  node.completeWrite();
  assert.equal(node.raft.role, "leader");
  node.work();
  assert.equal(node.raft.commit, 0);
  node.completeWrite();
  assert.equal(node.raft.commit, 1);
});

Deno.test("a vote for oneself that was written in one campaign does not count in the next", () => {
  const cluster = new TestCluster({ size: 1 });
  const node = cluster.node(1);
  node.slowDisk = true;
  node.raft.campaign();
  node.work();

  node.raft.campaign();
  node.completeWrite();

  assert.deepEqual([node.raft.role, node.raft.term], ["candidate", 2]);
});

Deno.test("a member does not campaign while a committed change waits to be applied, nor while it installs a snapshot", () => {
  const cluster = new TestCluster({ size: 3 });
  const { raft } = cluster.node(1);
  const append = { kind: "append", from: TWO, to: ONE, term: 1 } as const;
  const change = {
    ...entryOf(1, 1),
    kind: "confChangeV2" as const,
    data: textCodec.encode(changeOf("v4"), "confChangeV2"),
  };

  raft.step(message({ ...append, entries: [change], commit: 1 }));
  raft.campaign();
  assert.equal(raft.role, "follower");
  cluster.work();
  raft.campaign();
  assert.equal(raft.role, "candidate");

  const meta = { index: 9, term: 1, confState: raft.config };
  const snapshot = { meta, data: utf8("[]") };
  raft.step(message({ kind: "snapshot", from: TWO, to: ONE, term: 2, snapshot }));
  raft.campaign();
  assert.equal(raft.role, "follower");
  cluster.work();
  raft.campaign();
  assert.equal(raft.role, "candidate");
});

Deno.test("a late or repeated append does not cut the tail that a newer one has built", () => {
  const cluster = new TestCluster({ size: 3, logs: { 1: { terms: "1111" } } });
  const late = { kind: "append", from: TWO, to: ONE, term: 1 } as const;

  cluster.raft(1).step(message({ ...late, entries: [entryOf(1, 1), entryOf(2, 1)] }));
  cluster.raft(1).step(message({ ...late, index: 1, logTerm: 1 }));

  assert.equal(cluster.node(1).terms(), "1111");
});

Deno.test("a follower commits no more than the append covers, even if its log goes on", () => {
  const cluster = new TestCluster({ size: 3, logs: { 1: { terms: "1122" } } });

  cluster.raft(1).step(
    message({ kind: "append", from: TWO, to: ONE, term: 3, index: 2, logTerm: 1, commit: 4 }),
  );

  assert.equal(cluster.raft(1).commit, 2);
  assert.equal(cluster.node(1).work()[0]!.index, 2);
});

Deno.test("a candidate takes the previous entry from the leader's message, not from its own log", () => {
  const cluster = new TestCluster({ size: 3, logs: { 1: { terms: "112" } } });
  cluster.raft(1).campaign();

  const append = message({
    kind: "append",
    from: TWO,
    to: ONE,
    term: 3,
    index: 1,
    logTerm: 1,
    entries: [entryOf(2, 3)],
  });
  cluster.raft(1).step(append);

  assert.equal(cluster.node(1).terms(), "13");
});

Deno.test("a refused vote does not reset the election timer, a granted one does", () => {
  const cluster = new TestCluster({ size: 3, logs: { 1: { terms: "2" } } });
  cluster.tick(1, 5);
  const ask = (logTerm: number) => message({ kind: "vote", from: TWO, to: ONE, term: 2, index: 1, logTerm });

  cluster.raft(1).step(ask(1));
  assert.equal(cluster.raft(1).status().electionElapsed, 5);
  cluster.raft(1).step(ask(2));
  assert.equal(cluster.raft(1).status().electionElapsed, 0);
});

Deno.test("an append is acknowledged, and its entries applied, only when they are durable", () => {
  const cluster = new TestCluster({ size: 3 });
  const node = cluster.node(1);
  node.slowDisk = true;
  const entries = [entryOf(1, 1)];

  node.raft.step(message({ kind: "append", from: TWO, to: ONE, term: 1, entries, commit: 1 }));

  assert.deepEqual(node.work(), []);
  assert.deepEqual([node.raft.commit, node.appliedIndex, node.raft.status().durable], [1, 0, 0]);
  assert.deepEqual(node.completeWrite().map(({ kind, index }) => [kind, index]), [["appendReply", 1]]);
  assert.deepEqual([node.appliedIndex, node.raft.status().durable], [1, 1]);
});

Deno.test("entries known to be committed before they are durable are applied only afterwards", () => {
  const cluster = new TestCluster({ size: 3 });
  const node = cluster.node(1);
  node.slowDisk = true;
  const append = { kind: "append", from: TWO, to: ONE, term: 1 } as const;
  node.raft.step(message({ ...append, entries: [entryOf(1, 1)] }));
  node.work();

  node.raft.step(message({ ...append, index: 1, logTerm: 1, commit: 1 }));
  assert.equal(node.raft.hasReady(false), false);
  node.completeWrite();

  assert.deepEqual(node.raft.takeReady().committed.map(({ index }) => index), [1]);
});

Deno.test("a batch that waits for its write is not overtaken by entries that are durable already", () => {
  const cluster = new TestCluster({ size: 3 });
  const node = cluster.node(1);
  const from = { kind: "append", from: TWO, to: ONE, term: 1 } as const;
  node.raft.step(message({ ...from, entries: [1, 2, 3].map((index) => entryOf(index, 1)) }));
  node.work();
  node.slowDisk = true;

  node.raft.step(message({ ...from, index: 3, logTerm: 1, entries: [entryOf(4, 1)], commit: 2 }));
  node.work();
  node.raft.step(message({ ...from, index: 4, logTerm: 1, commit: 3 }));
  node.work();

  assert.equal(node.appliedIndex, 0);
  node.completeWrite();
  node.work();
  node.completeWrite();
  assert.equal(node.appliedIndex, 3);
});

Deno.test("the completion of an old write vouches for nothing that was replaced since, even by the very same entry", () => {
  const cluster = new TestCluster({ size: 3 });
  const node = cluster.node(1);
  node.slowDisk = true;
  const append = (from: Message["from"], term: number, entryTerm: number) =>
    node.raft.step(message({ kind: "append", from, to: ONE, term, entries: [entryOf(1, entryTerm)] }));

  append(TWO, 2, 2);
  node.work();
  append(THREE, 3, 3);
  append(TWO, 4, 2);
  node.completeWrite();
  assert.deepEqual([node.terms(), node.raft.status().durable], ["2", 0]);

  node.work();
  node.completeWrite();
  assert.equal(node.raft.status().durable, 1);
});

Deno.test("a leader deposed while its entries were being written does not count them afterwards", () => {
  const cluster = new TestCluster({ size: 3 });
  const leader = cluster.elect(1);
  const node = cluster.node(1);
  node.slowDisk = true;
  leader.propose([utf8("a")]);
  node.work();

  leader.step(
    message({ kind: "append", from: TWO, to: ONE, term: 2, index: 1, logTerm: 1, entries: [entryOf(2, 2)] }),
  );
  node.completeWrite();

  const { commit, durable, role } = leader.status();
  assert.deepEqual([role, commit, durable], ["follower", 1, 1]);
});

Deno.test("what is handed over belongs to the receiver: changing it changes nothing inside", () => {
  const cluster = new TestCluster({ size: 3 });
  const leader = cluster.elect(1);
  leader.propose([utf8("a")]);

  const ready = leader.takeReady();
  (ready.entries as unknown[]).length = 0;
  (ready.messages as unknown[]).length = 0;
  for (const each of ready.messages) (each.entries as unknown[]).length = 0;
  (leader.entries(1, 2) as unknown[]).length = 0;
  (leader.status().progress as Map<unknown, unknown>).clear();

  assert.equal(leader.entries(1, 2).length, 2);
  assert.equal(leader.status().progress.size, 3);
});

Deno.test("two runs with one seed take the same steps", () => {
  const story = () => {
    const cluster = new TestCluster({ size: 5, seed: 42, options: { preVote: true } });
    const seen: unknown[] = [];
    for (let i = 0; i < 100; i++) {
      for (const n of [1, 2, 3, 4, 5]) cluster.tick(n);
      cluster.settle((each) => {
        seen.push(each);
        return false;
      });
    }
    return [seen, cluster.nodes.map(({ events }) => events)];
  };

  assert.deepEqual(story(), story());
});

Deno.test("malformed or misdirected messages are refused, with a reason, and change nothing", () => {
  const cluster = new TestCluster({ size: 3, logs: { 1: { terms: "1" } } });
  const { raft, events } = cluster.node(1);
  const before = raft.status();
  const append = { kind: "append", from: TWO, to: ONE, term: 1, index: 1, logTerm: 1 } as const;
  const bad: Message[] = [
    message({ ...append, to: TWO }),
    message({ ...append, from: ONE }),
    message({ ...append, term: 0 }),
    message({ ...append, entries: [entryOf(3, 1)] }),
    message({ ...append, entries: [entryOf(2, 2)] }),
    message({ kind: "appendReply", from: FOUR, to: ONE, term: 1 }),
  ];

  for (const each of bad) {
    const told = events.length;
    raft.step(each);
    assert.equal(events.at(-1)?.kind, "refused");
    assert.equal(events.length, told + 1);
  }
  assert.deepEqual(raft.status(), before);
});
