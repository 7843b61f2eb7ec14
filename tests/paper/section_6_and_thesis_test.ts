// Membership, compaction and the client's side: paper §6, §7, §8, and "Consensus: Bridging Theory and Practice"
// (Ongaro's thesis) where it goes further.

import assert from "node:assert/strict";
import { utf8 } from "../../core/base/bytes.ts";
import { memberIdOf } from "../../core/base/ids.ts";
import { describeConfig, message } from "../../core/raft/mod.ts";
import { changeOf, ELECTION_TICKS, TestCluster, touching } from "../core/raft/cluster.ts";

const [ONE, TWO, THREE] = [1, 2, 3].map(memberIdOf) as [never, never, never];

Deno.test("§6 while the configuration is joint, a decision needs a majority of the old voters and one of the new", () => {
  const cluster = new TestCluster({ size: 5, voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  leader.proposeConfChange(changeOf("v4 v5 r2 r3", "explicit"), false);
  cluster.settle();
  assert.equal(describeConfig(leader.config), "voters=(1 4 5)&&(1 2 3)");
  const commit = leader.commit;

  leader.propose([utf8("a")]);
  cluster.settle(touching(2, 3));
  assert.equal(leader.commit, commit, "the new voters alone do not suffice");

  cluster.tick(1);
  cluster.settle(touching(5, 3));
  assert.equal(leader.commit, commit + 1);

  leader.proposeConfChange(changeOf(""), false);
  cluster.settle();
  assert.equal(describeConfig(leader.config), "voters=(1 4 5)");
});

Deno.test("§6 an automatic joint configuration is left as soon as it is applied", () => {
  const cluster = new TestCluster({ size: 5, voters: [1, 2, 3] });
  const leader = cluster.elect(1);

  leader.proposeConfChange(changeOf("v4 v5"), false);
  cluster.settle();

  for (const { raft } of cluster.nodes) assert.equal(describeConfig(raft.config), "voters=(1 2 3 4 5)");
});

Deno.test("thesis §4.1: a second change waits until the first is applied; meanwhile it becomes an empty entry", () => {
  const cluster = new TestCluster({ size: 5, voters: [1, 2, 3] });
  const leader = cluster.elect(1);

  leader.proposeConfChange(changeOf("v4"), true);
  leader.proposeConfChange(changeOf("v5"), true);
  const kinds = leader.entries(2, 3).map(({ kind }) => kind);
  cluster.settle();

  assert.deepEqual(kinds, ["confChangeV1", "normal"]);
  assert.equal(describeConfig(leader.config), "voters=(1 2 3 4)");
});

Deno.test("thesis §4.2.2: a removed leader goes on until its removal is committed, and does not count itself", () => {
  for (const stepDownOnRemoval of [false, true]) {
    const cluster = new TestCluster({ size: 3, options: { stepDownOnRemoval } });
    const leader = cluster.elect(1);

    leader.proposeConfChange(changeOf("r1"), true);
    cluster.settle();

    assert.equal(leader.role, stepDownOnRemoval ? "follower" : "leader");
    assert.equal(leader.propose([utf8("a")]).kind, "dropped");
    leader.campaign();
    assert.notEqual(leader.role, "candidate");
    cluster.elect(2);
  }
});

Deno.test("thesis §4.2.3: votes are refused while a leader is heard, so that a removed member disturbs nobody", () => {
  const cluster = new TestCluster({ size: 3, options: { checkQuorum: true } });
  cluster.elect(1);

  cluster.raft(3).step(message({ kind: "vote", from: TWO, to: THREE, term: 9, index: 99, logTerm: 9 }));
  assert.deepEqual([cluster.raft(3).term, cluster.raft(3).leader], [1, ONE]);

  cluster.tick(3, ELECTION_TICKS - 1);
  cluster.raft(3).step(message({ kind: "vote", from: TWO, to: THREE, term: 9, index: 99, logTerm: 9 }));
  assert.equal(cluster.raft(3).term, 1);
  cluster.tick(3);
  cluster.raft(3).step(message({ kind: "vote", from: TWO, to: THREE, term: 9, index: 99, logTerm: 9 }));
  assert.equal(cluster.raft(3).term, 9);
});

Deno.test("§7 a member whose entries are compacted away gets a snapshot and goes on from there", () => {
  const cluster = new TestCluster({ size: 3 });
  const leader = cluster.elect(1);
  cluster.node(3).crash("nothing");
  for (let i = 0; i < 5; i++) leader.propose([utf8(`a${i}`)]);
  cluster.settle();
  cluster.node(1).compact();
  leader.propose([utf8("b")]);
  cluster.settle();

  cluster.node(3).restart();
  for (let i = 0; i < 3; i++) {
    cluster.tick(1);
    cluster.settle();
  }

  assert.deepEqual(cluster.node(3).applied, cluster.node(1).applied);
  assert.equal(cluster.raft(3).firstIndex, 7);
  assert.equal(leader.status().progress.get(THREE)!.state, "replicate");
});

Deno.test("§7 a snapshot of what a member has already committed is passed over", () => {
  const cluster = new TestCluster({ size: 3 });
  cluster.elect(1);
  cluster.node(1).compact();
  const { snapshot } = cluster.node(1).disk;

  cluster.raft(2).step(message({ kind: "snapshot", from: ONE, to: TWO, term: 1, snapshot }));

  const [reply] = cluster.node(2).work();
  assert.deepEqual([reply!.kind, reply!.index, cluster.raft(2).firstIndex], ["appendReply", 1, 1]);
});

Deno.test("§8, thesis §6.4: a leader serves no read before it has committed in its term, nor without a quorum", () => {
  const cluster = new TestCluster({ size: 3 });
  cluster.raft(1).campaign();
  cluster.settle(({ kind }) => kind === "append");
  assert.equal(cluster.raft(1).role, "leader");

  cluster.raft(1).requestRead(utf8("r1"));
  cluster.settle(({ kind }) => kind === "append");
  assert.deepEqual(cluster.node(1).reads, []);

  cluster.tick(1);
  cluster.settle();
  assert.deepEqual(cluster.node(1).reads, [{ context: "r1", index: 1 }]);

  cluster.raft(1).requestRead(utf8("r2"));
  cluster.settle(touching(2, 3));
  assert.equal(cluster.node(1).reads.length, 1, "a leader cut off must not answer");
  cluster.tick(1);
  cluster.settle(touching(2));
  assert.deepEqual(cluster.node(1).reads[1], { context: "r2", index: 1 });
});

Deno.test("thesis §6.4: a follower's read goes by the leader and is served from its own state", () => {
  const cluster = new TestCluster({ size: 3 });
  cluster.elect(1).propose([utf8("a")]);
  cluster.settle();

  assert.deepEqual(cluster.raft(2).requestRead(utf8("r")), { kind: "forwarded", to: ONE });
  cluster.settle();

  assert.deepEqual(cluster.node(2).reads, [{ context: "r", index: 2 }]);
});

Deno.test("thesis §6.2: a leader that hears no quorum for an election timeout steps down", () => {
  const cluster = new TestCluster({ size: 5, options: { checkQuorum: true } });
  const leader = cluster.elect(1);

  for (let i = 0; i < 2 * ELECTION_TICKS; i++) {
    cluster.tick(1);
    cluster.settle(touching(4, 5));
  }
  assert.equal(leader.role, "leader");
  for (let i = 0; i < 2 * ELECTION_TICKS; i++) {
    cluster.tick(1);
    cluster.settle(touching(3, 4, 5));
  }

  assert.equal(leader.role, "follower");
});

Deno.test("thesis §3.10: a transfer brings the other up to date first, stops proposals, and is over in one round", () => {
  const cluster = new TestCluster({ size: 3, options: { preVote: true, checkQuorum: true } });
  const leader = cluster.elect(1);
  leader.propose([utf8("a")]);
  cluster.settle(touching(3));

  leader.transferLeadership(THREE);
  assert.equal(leader.propose([utf8("b")]).kind, "dropped");
  cluster.tick(1);
  cluster.settle();

  assert.deepEqual([cluster.raft(3).role, cluster.raft(3).term, leader.role], ["leader", 2, "follower"]);
});

Deno.test("thesis §3.10: a transfer that does not succeed is given up after an election timeout", () => {
  const cluster = new TestCluster({ size: 3 });
  const leader = cluster.elect(1);

  leader.transferLeadership(THREE);
  for (let i = 0; i < ELECTION_TICKS; i++) {
    cluster.tick(1);
    cluster.settle(touching(3));
  }

  assert.equal(leader.propose([utf8("b")]).kind, "accepted");
});

Deno.test("thesis §3.10: an automatic joint configuration held up by a transfer is left when that is given up", () => {
  const cluster = new TestCluster({ size: 3, voters: [1, 2] });
  const leader = cluster.elect(1);
  leader.proposeConfChange(changeOf("v3", "implicit"), false);
  leader.transferLeadership(TWO);
  cluster.settle(({ kind }) => kind === "timeoutNow");
  assert.equal(describeConfig(leader.config), "voters=(1 2 3)&&(1 2) autoleave");

  for (let i = 0; i <= ELECTION_TICKS; i++) {
    cluster.tick(1);
    cluster.settle();
  }

  assert.equal(describeConfig(leader.config), "voters=(1 2 3)");
});

Deno.test("thesis §9.6: a member cut off asks before it begins a term, and so unseats nobody when it returns", () => {
  const cluster = new TestCluster({ size: 3, options: { preVote: true } });
  const leader = cluster.elect(1);

  for (let i = 0; i < 5 * ELECTION_TICKS; i++) {
    for (const n of [1, 2, 3]) cluster.tick(n);
    cluster.settle(touching(3));
  }
  assert.deepEqual([cluster.raft(3).role, cluster.raft(3).term], ["preCandidate", 1]);
  for (let i = 0; i < 3; i++) {
    cluster.tick(1);
    cluster.settle();
  }

  assert.deepEqual([leader.role, leader.term, cluster.raft(3).leader], ["leader", 1, ONE]);
});
