// The parts a raft node is made of, each on its own: quorum arithmetic against a brute count, the log's limits,
// the window of appends in flight, configurations.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { type MemberId, memberIdOf } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import {
  changeConfig,
  EMPTY_CONFIG,
  entryBytes,
  isJoint,
  LEAVE_JOINT,
  membersOf,
  message,
  quorumIndex,
  quorumVotes,
} from "../../../core/raft/mod.ts";
import { Inflights, Progress } from "../../../core/raft/progress.ts";
import { RaftLog } from "../../../core/raft/raft_log.ts";
import { changeOf, entryOf, TestCluster, touching } from "./cluster.ts";

const ONE = memberIdOf(1);
const TWO = memberIdOf(2);

Deno.test("the quorum index is the highest that a majority of each half has reached, whatever the sizes", () => {
  const prng = new Prng(3);
  for (let round = 0; round < 500; round++) {
    const some = () => [1, 2, 3, 4, 5, 6, 7].filter(() => prng.chance(500)).map(memberIdOf);
    const config = { voters: some(), votersOutgoing: some() };
    const acked = new Map(
      [1, 2, 3, 4, 5, 6, 7].filter(() => prng.chance(800)).map((n) => [memberIdOf(n), prng.below(9)]),
    );
    const reached = (voters: readonly MemberId[], index: number) =>
      2 * voters.filter((id) => (acked.get(id) ?? 0) >= index).length > voters.length || voters.length === 0;

    const index = quorumIndex(config, (id) => acked.get(id));
    const votes = new Map([...acked].map(([id, value]) => [id, value > 4]));
    const couldWin = (missing: boolean) =>
      [config.voters, config.votersOutgoing].every((voters) =>
        voters.length === 0 || 2 * voters.filter((id) => votes.get(id) ?? missing).length > voters.length
      );

    const brute = [0, 1, 2, 3, 4, 5, 6, 7, 8].findLast((each) =>
      reached(config.voters, each) && reached(config.votersOutgoing, each)
    );
    assert.equal(index === Infinity ? 8 : index, brute);
    assert.equal(quorumVotes(config, votes), couldWin(false) ? "won" : couldWin(true) ? "pending" : "lost");
  }
});

Deno.test("a slice holds at least one entry and otherwise no more bytes than asked for", () => {
  const entries = [1, 2, 3, 4].map((index) => entryOf(index, 1, "x".repeat(10 * index)));
  const log = new RaftLog({ index: 0, term: 0 }, entries, Infinity);
  const bytes = entries.map(entryBytes);

  assert.deepEqual(log.slice(1, 4, 0).length, 1);
  assert.deepEqual(log.slice(1, 4, bytes[0]! + bytes[1]!).length, 2);
  assert.deepEqual(log.slice(1, 4, bytes[0]! + bytes[1]! - 1).length, 1);
  assert.deepEqual(log.slice(2, 3).map(({ index }) => index), [2, 3]);
  assert.deepEqual(log.slice(5, 4), []);
  assert.throws(() => log.slice(3, 5), /beyond the end 4/);
});

Deno.test("the log refuses to lose what is committed, to leave gaps, and to run ahead of itself", () => {
  const log = new RaftLog({ index: 2, term: 1 }, [3, 4, 5].map((index) => entryOf(index, 1)), Infinity);
  log.commitTo(4);

  assert.throws(() => log.append([entryOf(4, 2)]), /entry 4 would replace a committed one, commit is 4/);
  assert.throws(() => log.append([entryOf(7, 2)]), /entry 7 leaves a gap, the log ends at 5/);
  assert.throws(() => log.commitTo(6), /told to commit 6, but the log ends at 5/);
  assert.throws(() => log.appliedTo(5), /applied 5 beyond commit 4/);
  assert.throws(() => log.compact(3), /compacting 3 beyond applied 2/);
  log.appliedTo(4);
  log.compact(3);
  assert.deepEqual([log.firstIndex, log.termAt(3), log.termAt(2), log.lastIndex], [4, 1, null, 5]);
});

Deno.test("a snapshot in place of the log leaves nothing durable beyond what was committed before, until it is written", () => {
  const log = new RaftLog({ index: 0, term: 0 }, [1, 2, 3].map((index) => entryOf(index, 1)), Infinity);
  log.commitTo(1);
  const snapshot = { meta: { index: 9, term: 4, confState: EMPTY_CONFIG }, data: utf8("") };

  log.restoreSnapshot(snapshot);
  assert.deepEqual([log.durable, log.firstIndex, log.lastIndex, log.commit], [1, 10, 9, 9]);
  assert.equal(log.takeUnwritten().snapshot, snapshot);
  assert.equal(log.hasPendingSnapshot(), true);
  log.written(9);

  assert.deepEqual([log.durable, log.hasPendingSnapshot()], [9, false]);
});

Deno.test("a member waiting for a snapshot is sent entries again only from where the leader's log begins", () => {
  const peer = new Progress(1, 3);
  peer.becomeSnapshot(8);
  assert.deepEqual([peer.isPaused(), peer.next], [true, 9]);
  const cluster = new TestCluster({ size: 3 });
  const leader = cluster.elect(1);
  for (let i = 0; i < 4; i++) leader.propose([utf8("x")]);
  cluster.settle(touching(2));
  cluster.node(1).compact();
  leader.reportUnreachable(TWO);
  leader.step(message({ kind: "heartbeatReply", from: TWO, to: ONE, term: 1 }));
  assert.equal(leader.status().progress.get(TWO)!.state, "snapshot");

  leader.step(message({ kind: "appendReply", from: TWO, to: ONE, term: 1, index: 3 }));
  assert.equal(leader.status().progress.get(TWO)!.state, "snapshot");
  leader.step(message({ kind: "appendReply", from: TWO, to: ONE, term: 1, index: 5 }));
  assert.equal(leader.status().progress.get(TWO)!.state, "replicate");
});

Deno.test("a probe refused moves back; a refusal of anything but the last probe is old news", () => {
  const peer = new Progress(8, 3);
  peer.sentEntries(1);
  peer.sentCommit = 7;

  assert.equal(peer.maybeDecrease(5, 2), false);
  assert.deepEqual([peer.next, peer.isPaused()], [8, true]);
  assert.equal(peer.maybeDecrease(7, 2), true);
  assert.deepEqual([peer.next, peer.isPaused(), peer.sentCommit], [3, false, 2]);
});

Deno.test("committed entries are handed over by no more bytes than may be out at a time", () => {
  const entries = [1, 2, 3, 4].map((index) => entryOf(index, 1, "x".repeat(20)));
  const log = new RaftLog({ index: 0, term: 0 }, entries, 2 * entryBytes(entries[0]!));
  log.commitTo(4);

  assert.equal(log.takeCommitted(true).length, 2);
  assert.equal(log.hasCommitted(true), false);
  log.appliedTo(1);
  assert.equal(log.hasCommitted(true), false, "half a batch is still out");
  log.appliedTo(2);
  assert.deepEqual(log.takeCommitted(true).map(({ index }) => index), [3, 4]);
});

Deno.test("a window of appends frees everything up to an acknowledgement", () => {
  const window = new Inflights(3);
  for (const index of [2, 4, 6]) window.add(index);

  assert.equal(window.isFull(), true);
  assert.throws(() => window.add(8), /more than 3/);
  window.freeUpTo(5);
  assert.deepEqual(window.indexes(), [6]);
  window.add(8);
  window.freeUpTo(1);
  assert.deepEqual([window.count, window.isFull()], [2, false]);
});

Deno.test("a member dropped and added again in one change begins anew; a voter demoted keeps what is known of it", () => {
  const config = { ...EMPTY_CONFIG, voters: [ONE, TWO], learners: [memberIdOf(3)] };

  const readded = changeConfig(config, changeOf("r3 l3"));
  assert(readded.kind === "changed");
  assert.deepEqual([...readded.dropped], [memberIdOf(3)]);
  const demoted = changeConfig(config, changeOf("l2"));
  assert(demoted.kind === "changed");
  assert.deepEqual([[...demoted.dropped], demoted.config.learners], [[], [TWO, memberIdOf(3)]]);
});

Deno.test("whatever changes are asked for, each one voter's majority overlaps the next one's", () => {
  const prng = new Prng(9);
  let config = { ...EMPTY_CONFIG, voters: [ONE, TWO, memberIdOf(3)] } as typeof EMPTY_CONFIG;
  for (let round = 0; round < 2000; round++) {
    const count = prng.below(4);
    const text = Array.from({ length: count }, () => prng.pick(["v", "l", "r"]) + prng.between(1, 6)).join(
      " ",
    );
    const change = count === 0 ? LEAVE_JOINT : changeOf(text, prng.pick(["auto", "implicit", "explicit"]));

    const result = changeConfig(config, change);
    if (result.kind === "impossible") continue;
    const next = result.config;
    if (!isJoint(config) && !isJoint(next)) {
      assert(new Set(config.voters).symmetricDifference(new Set(next.voters)).size <= 1);
    } else if (isJoint(next) && !isJoint(config)) assert.deepEqual(next.votersOutgoing, config.voters);
    else assert.deepEqual([isJoint(next), next.voters], [false, config.voters]);
    assert(membersOf(next).length > 0);
    config = next;
  }
});

Deno.test("a leader refuses proposals beyond its limit of uncommitted bytes, and takes them again when that is settled", () => {
  const cluster = new TestCluster({ size: 3, options: { uncommittedBytesMax: 10 } });
  const leader = cluster.elect(1);

  assert.equal(leader.propose([utf8("x".repeat(50))]).kind, "accepted", "anything goes into an empty tail");
  assert.equal(leader.propose([utf8("y")]).kind, "dropped");
  assert.equal(leader.propose([utf8("")]).kind, "accepted", "no bytes are never too many");
  cluster.settle();
  assert.equal(leader.propose([utf8("y")]).kind, "accepted");
});

Deno.test("an append to a follower that lags is no larger than a message may be, and the window bounds how many leave", () => {
  const cluster = new TestCluster({ size: 3, options: { messageBytesMax: 1, inflightMessagesMax: 3 } });
  const leader = cluster.elect(1);
  for (let i = 0; i < 10; i++) leader.propose([utf8("x")]);

  const appends = cluster.node(1).work().filter(({ to }) => to === TWO);
  const { inflightCount, inflightFull, paused } = leader.status().progress.get(TWO)!;

  assert.deepEqual(appends.map(({ entries }) => entries.length), [1, 1, 1]);
  assert.deepEqual([inflightCount, inflightFull, paused], [3, true, true]);
});

Deno.test("proposals at a follower go to the leader, and are dropped where there is none", () => {
  const cluster = new TestCluster({ size: 3 });
  assert.deepEqual(cluster.raft(2).propose([utf8("a")]), { kind: "dropped", why: "no leader" });
  cluster.elect(1);

  assert.deepEqual(cluster.raft(2).propose([utf8("a"), utf8("b")]), { kind: "forwarded", to: ONE });
  cluster.settle();

  assert.deepEqual([...cluster.node(2).applied.values()], ["", "a", "b"]);
  assert.deepEqual(cluster.raft(1).propose([utf8("c")]), { kind: "accepted", first: 4, last: 4 });
});

Deno.test("only a write of entries, votes, terms or a snapshot needs the disk's sync; a commit index alone does not", () => {
  const cluster = new TestCluster({ size: 3 });
  const { raft } = cluster.node(1);
  const append = { kind: "append", from: TWO, to: ONE, term: 1 } as const;

  raft.step(message({ ...append, entries: [entryOf(1, 1)] }));
  const first = raft.takeReady();
  raft.written(first.receipt!);
  raft.step(message({ ...append, index: 1, logTerm: 1, commit: 1 }));
  const second = raft.takeReady();

  assert.deepEqual([first.mustSync, second.mustSync], [true, false]);
  assert.deepEqual(second.hardState, { term: 1, vote: null, commit: 1 });
  assert.notEqual(second.receipt, null);
});

Deno.test("a configuration change still being applied does not touch the configuration of a snapshot that came meanwhile", () => {
  const cluster = new TestCluster({ size: 4, voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  leader.proposeConfChange(changeOf("v4"), true);
  cluster.settle(touching(3));
  leader.proposeConfChange(changeOf("r4"), true);
  cluster.settle(touching(3));
  cluster.node(1).compact();
  const { snapshot } = cluster.node(1).disk;
  const node = cluster.node(3);
  const addition = snapshot.meta.index - 1;

  // The member is writing the entry that adds 4, to apply it afterwards, as the snapshot from after r4 arrives.
  node.slowDisk = true;
  const entry = {
    ...entryOf(addition, 1),
    kind: "confChangeV1" as const,
    data: cluster.node(2).disk.entries[addition - 1]!.data,
  };
  node.raft.step(
    message({
      kind: "append",
      from: ONE,
      to: node.id,
      term: 1,
      index: 1,
      logTerm: 1,
      entries: [entry],
      commit: 2,
    }),
  );
  node.work();
  node.raft.step(message({ kind: "snapshot", from: ONE, to: node.id, term: 1, snapshot }));
  node.completeWrite();

  assert.deepEqual(node.raft.config.voters.length, 4, "as of what is applied");
  assert.deepEqual(node.raft.status().config, snapshot.meta.confState, "as of what is known");
  node.work();
  node.completeWrite();
  assert.deepEqual(node.raft.config, snapshot.meta.confState);
});
