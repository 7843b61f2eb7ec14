// Aim: the rules of etcd 3.4's key-value service, one by one.

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { deleteRangeRequest, KvStore, prefixEnd, putRequest, rangeRequest } from "../../../core/kv/mod.ts";
import {
  applyAll,
  compact,
  eventTexts,
  pairs,
  put,
  range,
  type RangeFields,
  refusalText,
} from "./kv_helpers.ts";

const COMPACTED = "etcdserver: mvcc: required revision has been compacted";
const FUTURE = "etcdserver: mvcc: required revision is a future revision";

Deno.test("an empty store is at revision 1 and was never compacted", () => {
  const store = new KvStore();

  assert.equal(store.revision, 1);
  assert.equal(store.compactRevision, -1);
  assert.deepEqual(range(store, "a"), { kind: "range", revision: 1, kvs: [], more: false, count: 0 });
});

Deno.test("a put raises the revision, keeps createRevision, and counts versions until a deletion", () => {
  const store = new KvStore();

  applyAll(store, put("a", "1"), put("a", "2"), put("b", "3"));
  const beforeDeletion = range(store, "a").kvs[0]!;
  applyAll(store, deleteRangeRequest({ key: utf8("a") }), put("a", "4"));
  const reborn = range(store, "a").kvs[0]!;

  assert.deepEqual([beforeDeletion.createRevision, beforeDeletion.modRevision, beforeDeletion.version], [
    2,
    3,
    2,
  ]);
  assert.deepEqual([reborn.createRevision, reborn.modRevision, reborn.version], [6, 6, 1]);
  assert.equal(store.revision, 6);
  assert.equal(store.keyCount, 2);
});

Deno.test("put answers the pair before when asked, and keeps value or lease when told to", () => {
  const store = new KvStore();
  applyAll(store, { kind: "leaseGrant", id: "00000000000000aa", ttl: 60 }, put("a", "1", "00000000000000aa"));

  const kept = applyAll(
    store,
    putRequest({ key: utf8("a"), ignoreValue: true, ignoreLease: true, prevKv: true }),
  );
  const leaseDropped = applyAll(store, putRequest({ key: utf8("a"), ignoreValue: true }));
  const missing = store.apply(putRequest({ key: utf8("b"), ignoreValue: true }));

  assert.ok(kept.kind === "put" && kept.prevKv?.version === 1 && kept.revision === 3);
  assert.ok(leaseDropped.kind === "put" && leaseDropped.prevKv === null);
  assert.equal(store.keyValueAt(utf8("a"), 3)?.lease, "00000000000000aa");
  assert.equal(store.keyValueAt(utf8("a"), 4)?.lease, "");
  assert.deepEqual(pairs(range(store, "a").kvs), ["a=1"]);
  assert.equal(refusalText(missing.response), "etcdserver: key not found");
  assert.equal(store.revision, 4, "a refused put changes nothing");
});

Deno.test("a deletion of several keys is one revision, and one of none is no revision", () => {
  const store = new KvStore();
  applyAll(store, put("a", "1"), put("b", "2"), put("c", "3"));

  const two = store.apply(deleteRangeRequest({ key: utf8("a"), rangeEnd: utf8("c"), prevKv: true }));
  const none = store.apply(deleteRangeRequest({ key: utf8("a"), rangeEnd: utf8("c"), prevKv: true }));

  assert.ok(two.response.kind === "deleteRange");
  assert.deepEqual([two.response.deleted, two.response.revision], [2, 5]);
  assert.deepEqual(pairs(two.response.prevKvs), ["a=1", "b=2"]);
  assert.deepEqual(eventTexts(two.events), ["delete a @5", "delete b @5"]);
  assert.deepEqual(none, {
    response: { kind: "deleteRange", revision: 5, deleted: 0, prevKvs: [] },
    events: [],
  });
  assert.equal(store.revision, 5);
});

Deno.test("range answers as etcd does for every combination of limit, order, target, bounds and flags", () => {
  const store = new KvStore();
  // version, create and mod differ in their order: a 1/2/2, b 2/3/6, c 1/4/4, d 1/5/5.
  applyAll(store, put("a", "w"), put("b", "z"), put("c", "x"), put("d", "y"), put("b", "v"));
  const table: [RangeFields & { from?: string; end?: string }, string, boolean, number][] = [
    [{}, "a b c d", false, 4],
    [{ end: "c" }, "a b", false, 2],
    [{ from: "b", end: "" }, "b", false, 1],
    [{ from: "c", end: "b" }, "", false, 0],
    [{ from: "bb", end: "\0" }, "c d", false, 2],
    [{ limit: 4 }, "a b c d", false, 4],
    [{ limit: 3 }, "a b c", true, 4],
    [{ sortOrder: "descend" }, "d c b a", false, 4],
    [{ sortOrder: "descend", limit: 1 }, "d", true, 4],
    [{ sortOrder: "ascend", sortTarget: "value" }, "b a c d", false, 4],
    [{ sortOrder: "descend", sortTarget: "mod", limit: 2 }, "b d", true, 4],
    [{ sortOrder: "descend", sortTarget: "create" }, "d c b a", false, 4],
    [{ sortOrder: "ascend", sortTarget: "version" }, "a c d b", false, 4],
    [{ sortOrder: "descend", sortTarget: "version" }, "b a c d", false, 4],
    // A target without an order sorts, upwards, only what the limit has let through, and one more.
    [{ sortTarget: "value" }, "b a c d", false, 4],
    [{ sortTarget: "value", limit: 1 }, "b", true, 4],
    [{ sortTarget: "mod", limit: 1 }, "a", true, 4],
    [{ sortTarget: "version", limit: 2 }, "a c", true, 4],
    // Bounds leave pairs out of the answer, not out of the count.
    [{ minModRevision: 5 }, "b d", false, 4],
    [{ maxModRevision: 4 }, "a c", false, 4],
    [{ minCreateRevision: 3, maxCreateRevision: 4 }, "b c", false, 4],
    [{ minModRevision: 4, limit: 2 }, "b c", true, 4],
    [{ minModRevision: 4, limit: 3 }, "b c d", false, 4],
    [{ countOnly: true, limit: 1 }, "", false, 4],
    [{ revision: 3 }, "a b", false, 2],
    [{ revision: -1 }, "a b c d", false, 4],
  ];

  for (const [{ from = "a", end = "\0", ...fields }, keys, more, count] of table) {
    const response = range(store, from, end, fields);

    const name = JSON.stringify({ from, end, ...fields });
    assert.equal(response.kvs.map((kv) => fromUtf8(kv.key)).join(" "), keys, name);
    assert.deepEqual([response.more, response.count, response.revision], [more, count, 6], name);
  }
});

Deno.test("keys-only answers without values and leaves the store's values alone", () => {
  const store = new KvStore();
  applyAll(store, put("a", "1"));

  const keysOnly = range(store, "a", "", { keysOnly: true });

  assert.deepEqual(pairs(keysOnly.kvs), ["a="]);
  assert.deepEqual(pairs(range(store, "a").kvs), ["a=1"]);
});

Deno.test("keys are bytes: they order by unsigned byte, and a prefix of 0xff has no end", () => {
  const store = new KvStore();
  const keys = [[0], [0x61], [0x61, 0], [0x61, 0xff], [0x62], [0xff], [0xff, 0xff, 1]].map((k) =>
    new Uint8Array(k)
  );
  for (const key of keys.toReversed()) applyAll(store, putRequest({ key }));

  const ranged = (key: number[], rangeEnd: Uint8Array) =>
    store.range(rangeRequest({ key: new Uint8Array(key), rangeEnd }));

  const all = ranged([0], new Uint8Array([0]));
  assert.ok(all.kind === "range");
  assert.deepEqual(all.kvs.map((kv) => kv.key), keys);
  for (const [prefix, count] of [[[0x61], 3], [[0x61, 0xff], 1], [[0xff], 2], [[0xff, 0xff], 1]] as const) {
    const response = ranged([...prefix], prefixEnd(new Uint8Array(prefix)));
    assert.equal(response.kind === "range" && response.count, count, `prefix ${prefix}`);
  }
});

Deno.test("a past revision is read as it was, a future one and a compacted one are refused", () => {
  const store = new KvStore();
  applyAll(
    store,
    put("a", "1"),
    put("a", "2"),
    deleteRangeRequest({ key: utf8("a") }),
    put("a", "3"),
    compact(3),
  );
  const at = (revision: number) => {
    const response = store.range(rangeRequest({ key: utf8("a"), revision }));
    return response.kind === "range" ? pairs(response.kvs).join() : response.message;
  };

  const answers = [1, 2, 3, 4, 5, 6].map(at);

  assert.deepEqual(answers, [COMPACTED, COMPACTED, "a=2", "", "a=3", FUTURE]);
});

Deno.test("compaction keeps the newest version of what lives, drops the rest, and is refused out of order", () => {
  const store = new KvStore();
  applyAll(
    store,
    put("a", "1"),
    put("b", "1"),
    put("a", "2"),
    deleteRangeRequest({ key: utf8("b") }),
    put("c", "1"),
  );
  const attempts: [number, string, number][] = [
    [7, FUTURE, 5],
    // At 4, a@4 is the newest of a; b@3 still lives there and is kept with its deletion at 5.
    [4, "accepted", 4],
    [4, COMPACTED, 4],
    [3, COMPACTED, 4],
    [0, COMPACTED, 4],
    [5, "accepted", 2],
    [6, "accepted", 2],
  ];

  for (const [revision, expected, recordCount] of attempts) {
    const { response, events } = store.apply(compact(revision));

    assert.equal(refusalText(response), expected, `compact ${revision}`);
    assert.equal(store.recordCount, recordCount, `records after compact ${revision}`);
    assert.deepEqual(events, []);
  }
  assert.equal(store.revision, 6);
  assert.equal(store.compactRevision, 6);
  assert.deepEqual(pairs(range(store, "a", "\0").kvs), ["a=2", "c=1"]);
});

Deno.test("compaction gives space back, down to what the live versions need", () => {
  const store = new KvStore();
  const value = "x".repeat(4096);
  const empty = store.sizeBytes;
  for (let i = 0; i < 100; i++) applyAll(store, put("a", value));
  const full = store.sizeBytes;

  applyAll(store, compact(store.revision));

  assert.equal(empty, 20_480);
  assert.ok(full > 100 * 4096 && full < 170 * 4096, `${full} bytes`);
  assert.ok(store.sizeBytes < 53_248, `${store.sizeBytes} bytes`);
});

Deno.test("a lease must exist to be put on a key, and takes its keys along in one revision, in key order", () => {
  const store = new KvStore();
  const [lease, other] = ["00000000000000aa", "fffffffffffffffe"];
  const grant = (id: string, ttl: number) =>
    refusalText(store.apply({ kind: "leaseGrant", id, ttl }).response);

  const refused = store.apply(put("a", "1", lease)).response;
  const grants = [
    grant(lease, 60),
    grant(lease, 60),
    grant(other, 9_000_000_001),
    grant(other, 9_000_000_000),
    grant("", 1),
  ];
  applyAll(store, put("b", "1", lease), put("a", "1", lease), put("c", "1", lease), put("d", "1", other));
  applyAll(store, put("c", "2"), deleteRangeRequest({ key: utf8("d") }));
  const keysBefore = store.leaseKeys(lease).map(fromUtf8);
  const revoked = store.apply({ kind: "leaseRevoke", id: lease });
  const revokedEmpty = store.apply({ kind: "leaseRevoke", id: other });
  const revokedAgain = store.apply({ kind: "leaseRevoke", id: lease });

  assert.equal(refusalText(refused), "etcdserver: requested lease not found");
  assert.deepEqual(grants, [
    "accepted",
    "etcdserver: lease already exists",
    "etcdserver: too large lease TTL",
    "accepted",
    "etcdserver: requested lease not found",
  ]);
  assert.deepEqual(keysBefore, ["a", "b"]);
  assert.deepEqual(eventTexts(revoked.events), ["delete a @8", "delete b @8"]);
  assert.deepEqual(revoked.response, { kind: "leaseRevoke", revision: 8 });
  assert.deepEqual(revokedEmpty, { response: { kind: "leaseRevoke", revision: 8 }, events: [] });
  assert.equal(refusalText(revokedAgain.response), "etcdserver: requested lease not found");
  assert.deepEqual(store.leases(), []);
  assert.deepEqual(pairs(range(store, "a", "\0").kvs), ["c=2"]);
});

Deno.test("changes are told by revision from any point that compaction has left", () => {
  const store = new KvStore();
  applyAll(
    store,
    put("a", "1"),
    put("b", "1"),
    put("a", "2"),
    deleteRangeRequest({ key: utf8("a"), rangeEnd: utf8("c") }),
  );
  const since = (revision: number) =>
    [...store.changesSince(revision)].flatMap(({ events }) => eventTexts(events));

  assert.deepEqual(since(3), ["put b=1 @3", "put a=2 @4", "delete a @5", "delete b @5"]);
  assert.deepEqual(since(6), []);
  applyAll(store, compact(3));
  assert.deepEqual(since(3), ["put b=1 @3", "put a=2 @4", "delete a @5", "delete b @5"]);
  assert.throws(() => [...store.changesSince(2)], /compacted up to 3/);
});
