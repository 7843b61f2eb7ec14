// Aim: HashKV equals that of a real etcd. The numbers were printed by `etcdctl endpoint hashkv --rev N` of etcd 3.4.23
// after the same requests, each time its background compaction had settled.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import {
  deleteRangeRequest,
  FROM_KEY_END,
  KvStore,
  type KvWriteRequest,
  putRequest,
  txnRequest,
} from "../../../core/kv/mod.ts";
import { applyAll, compact, put, refusalText } from "./kv_helpers.ts";

Deno.test("hashKv equals a real etcd's at every step of a history with compactions, leases and deletions", () => {
  const store = new KvStore();
  const lease = "fffffffffffffffe";
  const write = (key: string, value: string) => putRequest({ key: utf8(key), value: utf8(value) });
  const movingOn = txnRequest({
    success: [write("x", "1"), write("y", "2"), deleteRangeRequest({ key: utf8("foo") })],
  });
  const emptying = deleteRangeRequest({ key: utf8("\0"), rangeEnd: FROM_KEY_END });
  const steps: [KvWriteRequest[], number, string][] = [
    [[], 0, "1084519789 compacted -1 at 1"],
    [[put("foo", "bar")], 0, "3305255506 compacted -1 at 2"],
    [
      [put("a", "1"), put("foo", "baz"), deleteRangeRequest({ key: utf8("a") })],
      0,
      "2849239076 compacted -1 at 5",
    ],
    [[], 3, "480936909 compacted -1 at 3"],
    [
      [{ kind: "leaseGrant", id: lease, ttl: 1000 }, put("leased", "v", lease)],
      0,
      "4173229613 compacted -1 at 6",
    ],
    [[compact(3)], 0, "2456186003 compacted 3 at 6"],
    [[], 4, "1830429461 compacted 3 at 4"],
    [[movingOn], 0, "3193989670 compacted 3 at 7"],
    [[compact(7)], 0, "2138713969 compacted 7 at 7"],
    [[emptying], 0, "398641377 compacted 7 at 8"],
    [[compact(8)], 0, "1084519789 compacted 8 at 8"],
  ];

  for (const [requests, revision, expected] of steps) {
    if (requests.length > 0) applyAll(store, ...requests);
    const answer = store.hashKv(revision);

    assert.ok(answer.kind === "hashKv");
    assert.equal(`${answer.hash} compacted ${answer.compactRevision} at ${answer.hashRevision}`, expected);
  }
});

Deno.test("hashKv refuses the compacted revision itself, and the future", () => {
  const store = new KvStore();
  applyAll(store, put("a"), put("a"), compact(2));

  assert.equal(refusalText(store.hashKv(2)), "etcdserver: mvcc: required revision has been compacted");
  assert.equal(refusalText(store.hashKv(3)), "accepted");
  assert.equal(refusalText(store.hashKv(4)), "etcdserver: mvcc: required revision is a future revision");
});
