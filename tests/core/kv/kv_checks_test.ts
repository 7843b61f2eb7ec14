// Aim: what etcd refuses before consensus, with its wording. (etcdserver/api/v3rpc/key.go)

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import {
  compare,
  deleteRangeRequest,
  FROM_KEY_END,
  putRequest,
  rangeRequest,
  refusalOfDeleteRange,
  refusalOfPut,
  refusalOfRange,
  refusalOfTxnRequest,
  type RequestOp,
  type TxnRequest,
  txnRequest,
} from "../../../core/kv/mod.ts";
import { refusalText } from "./kv_helpers.ts";

const put = (key: string) => putRequest({ key: utf8(key) });
const del = (key: string, end = "") => deleteRangeRequest({ key: utf8(key), rangeEnd: utf8(end) });
const both = (success: RequestOp[], failure: RequestOp[] = []) => txnRequest({ success, failure });

Deno.test("malformed requests are refused with etcd's words", () => {
  const lease = "00000000000000aa";
  const value = utf8("v");
  const table = [
    [refusalOfRange(rangeRequest({ key: utf8("") })), "etcdserver: key is not provided"],
    [refusalOfRange(rangeRequest({ key: utf8("a") })), "accepted"],
    [refusalOfPut(put("")), "etcdserver: key is not provided"],
    [refusalOfPut(putRequest({ key: utf8("a"), ignoreValue: true, value })), "etcdserver: value is provided"],
    [refusalOfPut(putRequest({ key: utf8("a"), ignoreLease: true, lease })), "etcdserver: lease is provided"],
    [refusalOfPut(putRequest({ key: utf8("a"), ignoreValue: true, lease })), "accepted"],
    [refusalOfDeleteRange(del("")), "etcdserver: key is not provided"],
  ] as const;

  for (const [refusal, expected] of table) assert.equal(refusalText(refusal), expected);
});

Deno.test("a transaction may not write a key twice, except in branches that exclude each other", () => {
  const nested = (success: RequestOp[], failure: RequestOp[] = []) => both(success, failure);
  const table: [string, TxnRequest, boolean][] = [
    ["two puts of one key", both([put("a"), put("a")]), false],
    ["two puts in the failure branch", both([], [put("a"), put("a")]), false],
    ["one put in each branch", both([put("a")], [put("a")]), true],
    ["a put and a deletion of its key", both([put("a"), del("a")]), false],
    ["a put inside a deleted range", both([put("b"), del("a", "c")]), false],
    ["a put at a deleted range's end", both([put("c"), del("a", "c")]), true],
    ["two deletions of one key", both([del("a"), del("a", "c")]), true],
    ["a range inside a deleted range", both([rangeRequest({ key: utf8("a") }), del("a")]), true],
    ["a put and a nested put", both([put("a"), nested([put("a")])]), false],
    ["nested puts in both branches", both([nested([put("a")], [put("a")])]), true],
    ["puts of two nested transactions", both([nested([put("a")]), nested([], [put("a")])]), false],
    ["a nested put inside a deleted range", both([nested([put("b")]), del("a", "c")]), false],
    ["a put inside a nested deletion", both([put("b"), nested([], [del("a", "c")])]), false],
    ["a nested deletion, then a nested put", both([nested([del("a")]), nested([put("a")])]), false],
    // Two slips of etcd, kept: what it accepts must be accepted.
    ["a nested put, then a nested deletion", both([nested([put("a")]), nested([del("a")])]), true],
    [
      "a put inside a deletion from a key on",
      both([put("b"), deleteRangeRequest({ key: utf8("a"), rangeEnd: FROM_KEY_END })]),
      true,
    ],
  ];

  for (const [name, txn, isAccepted] of table) {
    const expected = isAccepted ? "accepted" : "etcdserver: duplicate key given in txn request";
    assert.equal(refusalText(refusalOfTxnRequest(txn)), expected, name);
  }
});

Deno.test("a transaction's longest list may hold 128, and a nested one what its parent left", () => {
  const puts = (count: number, prefix = "k") => Array.from({ length: count }, (_, i) => put(`${prefix}${i}`));
  const compares = (count: number) =>
    Array.from({ length: count }, () => compare({ key: utf8("a"), target: { kind: "version", value: 0 } }));
  const table: [TxnRequest, boolean][] = [
    [both(puts(128), puts(128)), true],
    [both(puts(129)), false],
    [both([], puts(129)), false],
    [txnRequest({ compare: compares(129) }), false],
    [both([...puts(99), both(puts(28, "n"))]), true],
    [both([...puts(99), both(puts(29, "n"))]), false],
  ];

  for (const [txn, isAccepted] of table) {
    const expected = isAccepted ? "accepted" : "etcdserver: too many operations in txn request";
    assert.equal(refusalText(refusalOfTxnRequest(txn)), expected);
  }
});

Deno.test("an empty key is found at any depth of a transaction", () => {
  const inner = both([], [put("")]);
  const table = [
    txnRequest({ compare: [compare({ key: utf8(""), target: { kind: "version", value: 0 } })] }),
    both([rangeRequest({ key: utf8("") })]),
    both([], [del("")]),
    both([both([inner])]),
  ];

  for (const txn of table) {
    assert.equal(refusalText(refusalOfTxnRequest(txn)), "etcdserver: key is not provided");
  }
});
