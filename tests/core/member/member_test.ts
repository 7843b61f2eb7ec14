// What hunts do not reach: a member by itself, its disk and its limits.

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { ETCD_ERRORS } from "../../../core/base/etcd_error.ts";
import { clusterId } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import { compare, putRequest, rangeRequest, txnRequest } from "../../../core/kv/requests.ts";
import type { ClientRequest } from "../../../core/member/io.ts";
import { message } from "../../../core/raft/message.ts";
import { A, B, C, HandsOnMember, optionsOf, recoveryOf } from "./hands_on_member.ts";

const put = (key: string, value = "v") => putRequest({ key: utf8(key), value: utf8(value) });
const get = (key: string) => rangeRequest({ key: utf8(key) });

Deno.test("a disk of another member or another cluster is refused, and left alone", () => {
  const { disk } = HandsOnMember.alone();

  const asOther = recoveryOf({ ...optionsOf(1), id: B }, disk);
  const elsewhere = recoveryOf({ ...optionsOf(1), clusterId: clusterId("00000000000000c2") }, disk);

  for (const recovery of [asOther, elsewhere]) {
    assert(recovery.kind === "refused");
    assert.match(recovery.remedy, /its own data directory/);
  }
});

Deno.test("a disk with rot in the middle of its log is refused with what is lost, whichever bit rots", () => {
  let refusedCount = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const hands = HandsOnMember.alone();
    for (let i = 0; i < 20; i++) hands.ask(put(`k${i}`));
    hands.disk.corrupt("rot", new Prng(seed));

    const recovery = recoveryOf(hands.options, hands.disk);
    if (recovery.kind === "running") continue;
    refusedCount += 1;
    assert(recovery.says.length > 0 && recovery.remedy.length > 0);
  }
  // Rot in the very last write looks like a tear, and is cut off.
  assert(refusedCount >= 25, `${refusedCount} of 30`);
});

Deno.test("what arrives while a write is in flight shares the next one", () => {
  const hands = HandsOnMember.alone();
  hands.holdsWrites = true;
  const first = hands.send(put("first"));
  const before = hands.member.view().disk.writeCount;

  const others = Array.from({ length: 50 }, (_, i) => hands.send(put(`k${i}`)));
  assert.equal(hands.member.view().disk.writeCount, before);
  assert.deepEqual(hands.saidTo(first), []);
  hands.finishWrite();
  assert.equal(hands.saidTo(first).length, 1);
  assert.equal(hands.member.view().disk.writeCount, before + 1);
  assert(others.every((id) => hands.saidTo(id).length === 0), "answered before its write was durable");
  hands.finishWrite();

  assert(others.every((id) => hands.saidTo(id).length === 1));
  assert.equal(hands.member.view().disk.writeCount, before + 1);
});

Deno.test("reads that come together ask the quorum once", () => {
  const hands = leaderOfThree();
  hands.sentTo(B);

  const reads = hands.sendTogether([get("a"), get("b"), get("c")]);

  const asked = hands.sentTo(B).filter(({ kind, context }) => kind === "heartbeat" && context.length > 0);
  assert.equal(asked.length, 1);
  assert(reads.every((id) => hands.saidTo(id).length === 0));
  hands.receive({ ...asked[0]!, kind: "heartbeatReply", from: B, to: A });
  assert(reads.every((id) => hands.saidTo(id).length === 1));
});

Deno.test("a follower's read is void of answers that were meant for an earlier start of it", () => {
  const hands = new HandsOnMember(optionsOf(3, { startId: 9 }));
  hands.receive(message({ kind: "heartbeat", from: B, to: A, term: 5, commit: 3 }));
  const read = hands.send(get("a"));
  const asked = hands.sentTo(B).find(({ kind }) => kind === "readIndex")!;
  const { data } = asked.entries[0]!;
  const reply = (context: Uint8Array) =>
    hands.receive(
      message({
        kind: "readIndexReply",
        from: B,
        to: A,
        term: 5,
        index: 3,
        entries: [{ ...asked.entries[0]!, data: context }],
      }),
    );

  // Start 8 asked with the same round number; its answer is older than this read.
  reply(utf8(fromUtf8(data).replace("/9/", "/8/")));
  assert.deepEqual(hands.saidTo(read), []);
  reply(data);

  assert.equal(hands.saidTo(read).length, 1);
});

Deno.test("a read waits for a quorum, a serializable one does not", () => {
  const hands = leaderOfThree();

  const linearizable = hands.send(get("a"));
  const serializable = hands.send({ ...get("a"), serializable: true });

  assert.equal(hands.saidTo(linearizable).length, 0);
  assert.equal(hands.saidTo(serializable).length, 1);
});

Deno.test("the lead is handed on when the other one leads, not before, and not for ever", () => {
  const hands = leaderOfThree();
  hands.result({ kind: "moveLeader", target: A }, "done");

  const done = hands.send({ kind: "moveLeader", target: B });
  assert.equal(hands.saidTo(done).length, 0);
  hands.receive(message({ kind: "heartbeat", from: B, to: A, term: 9, commit: 0 }));
  assert.equal(hands.saidTo(done)[0]!.response.kind, "ok");

  const other = leaderOfThree();
  const never = other.send({ kind: "moveLeader", target: B });
  other.tick(70);
  assert.equal(other.saidTo(never)[0]!.response, ETCD_ERRORS.timeoutLeaderTransfer);
});

Deno.test("requests beyond the limits are refused with etcd's words, and cost no entry", () => {
  const hands = HandsOnMember.alone({ maxRequestBytes: 1_000, maxTxnOps: 2 });
  const lastIndex = hands.member.lastIndex;
  const rows: [ClientRequest, unknown][] = [
    [put("k", "x".repeat(1_000)), ETCD_ERRORS.requestTooLarge],
    [txnRequest({ success: [put("a"), put("b"), put("c")] }), ETCD_ERRORS.tooManyOps],
    [txnRequest({ success: [put("a"), put("a")] }), ETCD_ERRORS.duplicateKey],
    [put(""), ETCD_ERRORS.emptyKey],
    [{ kind: "moveLeader", target: B }, ETCD_ERRORS.badLeaderTransferee],
    [{ kind: "memberRemove", member: B }, ETCD_ERRORS.memberNotFound],
    [{ kind: "memberPromote", member: A }, ETCD_ERRORS.memberNotLearner],
  ];

  for (const [request, error] of rows) assert.equal(hands.ask(request), error, request.kind);
  assert.equal(hands.member.lastIndex, lastIndex);
});

Deno.test("without a leader requests wait, and more than 5000 are too many", () => {
  const hands = new HandsOnMember(optionsOf(3));
  const waiting = hands.sendTogether(Array.from({ length: 5_000 }, (_, i) => put(`k${i}`)));

  assert.equal(hands.ask(put("one more")), ETCD_ERRORS.tooManyRequests);
  hands.tick(70);

  for (const id of waiting) {
    assert.deepEqual(hands.saidTo(id), [{ response: ETCD_ERRORS.timeout, last: true }]);
  }
});

Deno.test("a snapshot is on disk before the log behind it goes, and a restart goes on from it", () => {
  const hands = HandsOnMember.alone({ snapshotCount: 10, catchUpEntries: 3, segmentBytesMax: 512 });
  hands.ask({ kind: "leaseGrant", id: "00000000000000aa", ttl: 100 });
  hands.ask({ kind: "alarm", action: "activate", member: B, alarm: "corrupt" });
  hands.ask({ kind: "alarm", action: "deactivate", member: B, alarm: "corrupt" });
  hands.ask({ kind: "alarm", action: "activate", member: C, alarm: "noSpace" });
  for (let i = 0; i < 30; i++) hands.ask({ ...put(`k${i}`), kind: "deleteRange", rangeEnd: utf8("z") });
  const { snapshotIndex, firstIndex } = hands.member.view();
  assert(snapshotIndex > 20 && firstIndex > snapshotIndex - 5, `${snapshotIndex} ${firstIndex}`);
  assert(
    ![...hands.disk.image().keys()].some((file) => /0+1\.wal$/.test(file) && file.includes("0000-0000")),
  );

  const again = hands.restarted();

  assert.equal(again.member.view().recovered.snapshotIndex, snapshotIndex);
  assert.deepEqual(again.result({ kind: "leaseLeases" }, "leaseLeases").ids, ["00000000000000aa"]);
  assert.deepEqual(
    again.result({ kind: "alarm", action: "get", member: null, alarm: "none" }, "alarms").alarms,
    [
      { member: C, alarm: "noSpace" },
    ],
  );
  assert.equal(again.result({ kind: "status" }, "status").clusterVersion, "3.4.0");
});

Deno.test("strict reconfiguration keeps an operator from locking the cluster", () => {
  const add = (unixSeconds: number): ClientRequest => ({
    kind: "memberAdd",
    peerUrls: [`http://new${unixSeconds}:2380`],
    isLearner: false,
    unixSeconds,
  });
  // One voter may double itself; the second, not started yet, may not be joined by a third.
  const strict = HandsOnMember.alone();
  const added = strict.send(add(1));
  assert.equal(strict.saidTo(added)[0]!.response.kind, "ok");
  assert.equal(strict.ask(add(2)), ETCD_ERRORS.memberNotEnoughStarted);
  // Removing the one that runs would leave one that does not; removing the other hurts nobody.
  assert.equal(strict.ask({ kind: "memberRemove", member: A }), ETCD_ERRORS.memberNotEnoughStarted);

  const lax = HandsOnMember.alone({ strictReconfigCheck: false });
  lax.ask(add(1));
  const second = lax.send(add(2));
  assert.deepEqual(lax.saidTo(second), [], "it is proposed, and waits for a quorum that does not run");
});

Deno.test("the leader tells the cluster's version once, and a restart does not tell it again", () => {
  const hands = HandsOnMember.alone();
  assert.equal(hands.result({ kind: "status" }, "status").clusterVersion, "3.4.0");
  hands.tick(100);
  const { lastIndex } = hands.member;

  hands.tick(100);
  assert.equal(hands.member.lastIndex, lastIndex);
  const again = hands.restarted();
  again.tick(100);
  assert.equal(again.member.lastIndex, lastIndex + 1, "the new term's empty entry alone");
});

/** A member of three that won its election by hand: B voted and acknowledges what is asked of it here. */
function leaderOfThree(): HandsOnMember {
  const hands = new HandsOnMember(optionsOf(3));
  hands.ask({ kind: "campaign" });
  for (const kind of ["preVote", "vote"] as const) {
    const asked = hands.sentTo(B).find((message) => message.kind === kind)!;
    const reply = kind === "vote" ? "voteReply" : "preVoteReply";
    hands.receive({ ...asked, kind: reply, from: B, to: A, reject: false });
  }
  assert(hands.member.leads);
  for (let round = 0; round < 3; round++) {
    for (const append of hands.sentTo(B).filter((message) => message.kind === "append")) {
      const index = append.entries.at(-1)?.index ?? append.index;
      hands.receive({ ...append, kind: "appendReply", from: B, to: A, index, entries: [] });
    }
  }
  assert.equal(hands.member.applied, hands.member.lastIndex);
  return hands;
}

Deno.test("a serializable transaction is answered at once, one with a linearizable read is not", () => {
  const hands = leaderOfThree();
  const read = { ...get("a"), serializable: true };
  const checked = { compare: [compare({ key: utf8("a"), target: { kind: "create", value: 0 } })] };

  assert.equal(hands.saidTo(hands.send(txnRequest({ ...checked, success: [read] }))).length, 1);
  assert.equal(hands.saidTo(hands.send(txnRequest({ ...checked, success: [read, get("b")] }))).length, 0);
});
