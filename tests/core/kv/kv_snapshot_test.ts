// Aim: a snapshot's bytes bring the whole store back, say the same on every member, and never pass when damaged.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { deleteRangeRequest, KvStore, txnRequest } from "../../../core/kv/mod.ts";
import { applyAll, compact, decoded, put, range } from "./kv_helpers.ts";

const LEASE = "fffffffffffffffe";

function storeWithEverything(): KvStore {
  const store = new KvStore();
  applyAll(
    store,
    { kind: "leaseGrant", id: LEASE, ttl: 9_000_000_000 },
    { kind: "leaseGrant", id: "0000000000000001", ttl: 5 },
    put("a", "1", LEASE),
    put("\0\u00ff", ""),
    put("b", "x".repeat(300), "0000000000000001"),
    deleteRangeRequest({ key: utf8("b") }),
    compact(4),
    put("a", "2", LEASE),
    txnRequest({ success: [deleteRangeRequest({ key: utf8("a"), rangeEnd: utf8("\0") })] }),
    put("c", "3", LEASE),
  );
  return store;
}

Deno.test("a decoded store equals the encoded one and goes on like it", () => {
  const original = storeWithEverything();
  const copy = decoded(original.encode());
  const goOn = [put("a", "4", LEASE), compact(7), { kind: "leaseRevoke", id: LEASE } as const];

  for (const step of [[], ...goOn.map((request) => [request])]) {
    for (const request of step) assert.deepEqual(copy.apply(request), original.apply(request));

    assert.deepEqual(copy.encode(), original.encode());
    assert.deepEqual(copy.hashKv(), original.hashKv());
    assert.deepEqual([copy.sizeBytes, copy.recordCount, copy.keyCount], [
      original.sizeBytes,
      original.recordCount,
      original.keyCount,
    ]);
    assert.deepEqual(copy.leaseKeys(LEASE), original.leaseKeys(LEASE));
    assert.deepEqual(copy.leases(), original.leases());
  }
});

Deno.test("every cut byte and every flipped bit of a snapshot is noticed", () => {
  const bytes = storeWithEverything().encode();

  for (let sizeBytes = 0; sizeBytes < bytes.length; sizeBytes++) {
    assert.ok("reason" in KvStore.decode(bytes.slice(0, sizeBytes)), `cut to ${sizeBytes}`);
  }
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assert.ok("reason" in KvStore.decode(damaged), `bit ${bit}`);
  }
});

Deno.test("a keyframe stays as it was while the store goes on, and can be restored twice", () => {
  const store = storeWithEverything();
  const bytes = store.encode();
  const pastOf = (frozen: KvStore) => ({
    leaseKeys: frozen.leaseKeys(LEASE),
    ranges: [5, 6, 7, 8].map((revision) => range(frozen, "\0", "\0", { revision })),
  });
  const past = pastOf(store);
  const keyframe = store.capture();
  const changes = [
    put("a", "5"),
    compact(9),
    put("d", "6", LEASE),
    { kind: "leaseRevoke", id: LEASE } as const,
  ];

  applyAll(store, ...changes);
  const first = KvStore.restore(keyframe);
  applyAll(first, ...changes);
  const second = KvStore.restore(keyframe);

  assert.deepEqual(first.encode(), store.encode());
  assert.deepEqual(second.encode(), bytes);
  assert.deepEqual(pastOf(second), past);
  assert.notDeepEqual(store.encode(), bytes);
});

Deno.test("the middle of a long history is found after compaction rebuilt its chain", () => {
  const store = new KvStore();
  for (let i = 2; i <= 1000; i++) applyAll(store, put("a", `${i}`));
  applyAll(store, compact(500));

  for (let revision = 500; revision <= 1000; revision++) {
    assert.equal(range(store, "a", "", { revision }).kvs[0]!.modRevision, revision);
  }
  assert.equal(store.keyValueAt(utf8("a"), 499), null);
  assert.equal(store.recordCount, 501);
});
