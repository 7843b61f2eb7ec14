// The quota and its alarm, as an operator meets them: full, compact, defragment, disarm. Figures as etcd's own
// end-to-end test has them.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { ETCD_ERRORS } from "../../../core/base/etcd_error.ts";
import { deleteRangeRequest, putRequest, rangeRequest, txnRequest } from "../../../core/kv/requests.ts";
import type { ClientRequest } from "../../../core/member/io.ts";
import { A, B, HandsOnMember } from "./hands_on_member.ts";

const big = (key: string) => putRequest({ key: utf8(key), value: new Uint8Array(4096) });
const small = putRequest({ key: utf8("small") });
const alarms: ClientRequest = { kind: "alarm", action: "get", member: null, alarm: "none" };
const disarm: ClientRequest = { kind: "alarm", action: "deactivate", member: A, alarm: "noSpace" };

Deno.test("a full database takes no more until it was compacted, defragmented and disarmed", () => {
  const hands = HandsOnMember.alone({ quotaBackendBytes: 13 * 4096 });
  let putCount = 0;
  while (hands.ask(big("k")).kind === "ok" && putCount < 100) putCount += 1;
  assert(putCount > 2 && putCount < 20, `${putCount} puts`);

  // Refused at the door for want of room; and now by the alarm, whoever asks for however little.
  assert.equal(hands.ask(big("k")), ETCD_ERRORS.noSpace);
  assert.equal(hands.ask(small), ETCD_ERRORS.noSpace);
  assert.equal(hands.ask({ kind: "leaseGrant", id: "", ttl: 10 }), ETCD_ERRORS.noSpace);
  assert.equal(hands.ask(txnRequest({ failure: [small] })), ETCD_ERRORS.noSpace);
  assert.deepEqual(hands.result(alarms, "alarms").alarms, [{ member: A, alarm: "noSpace" }]);
  const full = hands.result({ kind: "status" }, "status");
  assert.deepEqual(full.errors, ["memberID:1 alarm:NOSPACE "]);

  // What frees room, or only reads, is served.
  const { revision } = hands.result(rangeRequest({ key: utf8("k"), serializable: true }), "range");
  hands.result({ kind: "compact", revision, physical: true }, "compact");
  hands.result(deleteRangeRequest({ key: utf8("none") }), "deleteRange");
  hands.result(txnRequest({ success: [deleteRangeRequest({ key: utf8("none") })] }), "txn");
  const compacted = hands.result({ kind: "status" }, "status");
  assert.equal(compacted.dbSizeBytes, full.dbSizeBytes, "a file does not shrink by itself");
  assert(compacted.dbSizeInUseBytes < full.dbSizeInUseBytes);

  hands.result({ kind: "defragment" }, "done");
  const { dbSizeBytes, dbSizeInUseBytes } = hands.result({ kind: "status" }, "status");
  assert.equal(dbSizeBytes, dbSizeInUseBytes);
  assert.equal(hands.ask(small), ETCD_ERRORS.noSpace, "still the alarm");
  assert.deepEqual(hands.result(disarm, "alarms").alarms, [{ member: A, alarm: "noSpace" }]);
  hands.result(small, "put");
  assert.deepEqual(hands.result(alarms, "alarms").alarms, []);
  assert.deepEqual(hands.result(disarm, "alarms").alarms, [], "clearing what is not raised clears nothing");
});

Deno.test("an alarm is raised once, however many puts are refused, and again after it was cleared", () => {
  const hands = HandsOnMember.alone({ quotaBackendBytes: 21_000 });
  const { lastIndex } = hands.member;
  for (let i = 0; i < 50; i++) hands.ask(big("k"));
  assert.equal(hands.member.lastIndex, lastIndex + 1);

  hands.ask(disarm);
  hands.ask(big("k"));
  assert.deepEqual(hands.result(alarms, "alarms").alarms, [], "it was raised a moment ago");
  hands.tick(10);
  hands.ask(big("k"));

  assert.deepEqual(hands.result(alarms, "alarms").alarms, [{ member: A, alarm: "noSpace" }]);
});

Deno.test("without a quota nothing is refused", () => {
  const hands = HandsOnMember.alone({ quotaBackendBytes: -1 });
  for (let i = 0; i < 50; i++) hands.result(big(`k${i}`), "put");
});

Deno.test("a corrupt cluster changes nothing and says so", () => {
  const hands = HandsOnMember.alone();
  hands.ask({ kind: "alarm", action: "activate", member: B, alarm: "corrupt" });

  for (const request of [small, deleteRangeRequest({ key: utf8("k") }), txnRequest({ success: [small] })]) {
    assert.equal(hands.ask(request), ETCD_ERRORS.corrupt);
  }
  assert.equal(hands.ask({ kind: "leaseGrant", id: "", ttl: 10 }), ETCD_ERRORS.corrupt);
  hands.result(rangeRequest({ key: utf8("k") }), "range");
  hands.result({ kind: "alarm", action: "deactivate", member: B, alarm: "corrupt" }, "alarms");
  hands.result(small, "put");
});
