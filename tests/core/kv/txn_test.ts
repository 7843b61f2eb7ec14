// Aim: what a transaction compares, what it sees, when it is refused, and that it is one revision or none.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import {
  compare,
  type CompareResult,
  type CompareTarget,
  deleteRangeRequest,
  FROM_KEY_END,
  KvStore,
  putRequest,
  rangeRequest,
  type TxnRequest,
  txnRequest,
  type TxnResponse,
} from "../../../core/kv/mod.ts";
import { accepted, applyAll, compact, eventTexts, pairs, put, range, refusalText } from "./kv_helpers.ts";

const LEASE = "00000000000000aa";
const get = (key: string, fields = {}) => rangeRequest({ key: utf8(key), ...fields });
const write = (key: string, value: string, fields = {}) =>
  putRequest({ key: utf8(key), value: utf8(value), ...fields });
const remove = (key: string, end = "") => deleteRangeRequest({ key: utf8(key), rangeEnd: utf8(end) });

/** a was put twice (revisions 2 and 3), b once with a lease (4); nothing else is there. */
function storeOfTwo(): KvStore {
  const store = new KvStore();
  applyAll(
    store,
    put("a", "1"),
    put("a", "2"),
    { kind: "leaseGrant", id: LEASE, ttl: 60 },
    put("b", "5", LEASE),
  );
  return store;
}

function applyTxn(store: KvStore, txn: Partial<TxnRequest>): TxnResponse {
  const response = accepted(store.apply(txnRequest(txn)).response);
  assert.ok(response.kind === "txn");
  return response;
}

Deno.test("comparisons hold as in etcd, for keys that are there, missing, or many", () => {
  const store = storeOfTwo();
  const number = (kind: "version" | "create" | "mod", value: number): CompareTarget => ({ kind, value });
  const value = (text: string): CompareTarget => ({ kind: "value", value: utf8(text) });
  const lease = (id: string): CompareTarget => ({ kind: "lease", value: id });
  const table: [string, string, CompareTarget, CompareResult, boolean][] = [
    ["a", "", number("version", 2), "equal", true],
    ["a", "", number("version", 2), "notEqual", false],
    ["a", "", number("create", 2), "equal", true],
    ["a", "", number("mod", 2), "greater", true],
    ["a", "", number("mod", 3), "less", false],
    ["a", "", value("2"), "equal", true],
    ["a", "", value("10"), "greater", true],
    ["b", "", lease(LEASE), "equal", true],
    ["b", "", lease("ffffffffffffffff"), "greater", true],
    ["a", "", lease(""), "equal", true],
    // A missing key has zeros everywhere, but no value at all.
    ["x", "", number("version", 0), "equal", true],
    ["x", "", number("create", 0), "equal", true],
    ["x", "", number("mod", 1), "less", true],
    ["x", "", lease(""), "equal", true],
    ["x", "", value(""), "equal", false],
    ["x", "", value("1"), "notEqual", false],
    // All keys of a range must satisfy; a range of none counts as one missing key.
    ["a", "c", number("version", 0), "greater", true],
    ["a", "c", number("version", 2), "equal", false],
    ["a", "\0", number("mod", 4), "equal", false],
    ["x", "\0", number("version", 0), "equal", true],
    ["x", "\0", value(""), "less", false],
  ];

  for (const [key, end, target, result, expected] of table) {
    const condition = compare({ key: utf8(key), rangeEnd: utf8(end), target, result });
    const { succeeded } = applyTxn(store, { compare: [condition] });

    assert.equal(succeeded, expected, `${key}..${end} ${target.kind} ${result} ${target.value}`);
  }
  assert.equal(store.revision, 4);
});

Deno.test("a transaction is one revision with its changes in order, and reads see what came before them", () => {
  const store = storeOfTwo();
  const before = range(store, "a");

  const { response, events } = store.apply(txnRequest({
    success: [get("c"), write("c", "1"), get("c"), remove("a", "c"), get("a", { rangeEnd: FROM_KEY_END })],
  }));

  assert.ok(response.kind === "txn");
  const reads = response.responses.map((r) =>
    r.kind === "range" ? `${pairs(r.kvs)} @${r.revision}` : r.revision
  );
  assert.deepEqual(reads, [" @4", 5, "c=1 @5", 5, "c=1 @5"]);
  assert.equal(response.revision, 5);
  assert.deepEqual(eventTexts(events), ["put c=1 @5", "delete a @5", "delete b @5"]);
  assert.deepEqual(range(store, "a", "", { revision: 4 }).kvs, before.kvs);
  assert.equal(store.leaseKeys(LEASE).length, 0);
});

Deno.test("a transaction that changes nothing keeps the revision, and a read-only one needs no log", () => {
  const store = storeOfTwo();
  const reading = txnRequest({ success: [get("a"), get("a", { revision: 2 })] });

  const applied = store.apply(txnRequest({ success: [remove("x"), get("a")] }));
  const read = accepted(store.readTxn(reading));

  assert.ok(applied.response.kind === "txn" && applied.response.revision === 4);
  assert.deepEqual(applied.events, []);
  assert.deepEqual(read.responses.map((r) => r.kind === "range" && pairs(r.kvs)), [["a=2"], ["a=1"]]);
  assert.equal(store.revision, 4);
  assert.throws(() => store.readTxn(txnRequest({ failure: [write("a", "")] })), /must be applied/);
});

Deno.test("nested comparisons are decided before anything is written", () => {
  const store = storeOfTwo();
  const cIsMissing = compare({ key: utf8("c"), target: { kind: "version", value: 0 } });
  const nested = txnRequest({
    compare: [cIsMissing],
    success: [write("d", "yes")],
    failure: [write("d", "no")],
  });

  const response = applyTxn(store, { success: [write("c", "1"), nested] });

  const inner = response.responses[1]!;
  assert.ok(inner.kind === "txn" && inner.succeeded && inner.revision === 0);
  assert.deepEqual(pairs(range(store, "c", "\0").kvs), ["c=1", "d=yes"]);
  assert.equal(store.revision, 5);
});

Deno.test("a refused transaction changes nothing, whatever it would have done first", () => {
  const store = storeOfTwo();
  applyAll(store, compact(3));
  const bytes = store.encode();
  const table: [string, TxnRequest["success"]][] = [
    ["etcdserver: requested lease not found", [
      write("c", "1"),
      write("d", "1", { lease: "00000000000000bb" }),
    ]],
    ["etcdserver: key not found", [remove("a"), write("c", "", { ignoreValue: true })]],
    ["etcdserver: key not found", [txnRequest({ success: [write("c", "", { ignoreLease: true })] })]],
    ["etcdserver: mvcc: required revision is a future revision", [
      write("c", "1"),
      get("a", { revision: 5 }),
    ]],
    ["etcdserver: mvcc: required revision has been compacted", [write("c", "1"), get("a", { revision: 2 })]],
    // Alone, a range at -1 would read at now.
    ["etcdserver: mvcc: required revision has been compacted", [get("a", { revision: -1 })]],
    // Puts are checked before ranges.
    ["etcdserver: key not found", [get("a", { revision: 9 }), write("c", "", { ignoreValue: true })]],
    // Passes every check, for a deletion "from the key on" is not held against a put, and fails half way.
    ["etcdserver: key not found", [
      deleteRangeRequest({ key: utf8("a"), rangeEnd: FROM_KEY_END }),
      write("b", "", { ignoreValue: true }),
    ]],
  ];

  for (const [message, success] of table) {
    const { response, events } = store.apply(txnRequest({ success }));

    assert.equal(refusalText(response), message);
    assert.deepEqual(events, []);
    assert.deepEqual(store.encode(), bytes);
    assert.deepEqual(pairs(range(store, "a", "\0").kvs), ["a=2", "b=5"]);
  }
});

Deno.test("a key deleted and put in one transaction begins a new life", () => {
  const store = storeOfTwo();

  applyTxn(store, {
    success: [deleteRangeRequest({ key: utf8("a"), rangeEnd: FROM_KEY_END }), write("a", "new")],
  });

  const { kvs } = range(store, "a", "\0");
  assert.deepEqual(pairs(kvs), ["a=new"]);
  assert.deepEqual([kvs[0]!.version, kvs[0]!.createRevision], [1, 5]);
  assert.deepEqual([...store.changesSince(5)].flatMap(({ events }) => eventTexts(events)), [
    "delete a @5",
    "delete b @5",
    "put a=new @5",
  ]);
});
