// The API's calls as a host makes them: request bytes in, response bytes out.

import { isPasswordRequest } from "../../../core/etcd/auth_services.ts";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { ETCD_ERRORS, type EtcdError } from "../../../core/base/etcd_error.ts";
import { fromHex, toHex, utf8 } from "../../../core/base/bytes.ts";
import { clusterId, memberId } from "../../../core/base/ids.ts";
import { type Answer, ETCD_METHODS, refusalAtLearner } from "../../../core/etcd/services.ts";
import { compare, putRequest, rangeRequest, txnRequest } from "../../../core/kv/requests.ts";
import type { ClientRequest, ClientResult } from "../../../core/member/io.ts";
import { parseJsonExactly } from "../../../core/wire/json_numbers.ts";
import {
  MemberListResponseSchema,
  RangeRequestSchema,
  StatusResponseSchema,
  TxnResponseSchema,
} from "../../../core/wire/gen/rpc_pb.ts";

const CONTEXT = { unixSeconds: 1_700_000_000 };

Deno.test("a get's answer has the very header bytes that etcdctl is tested with", () => {
  const answer = answerOf({
    kind: "range",
    revision: 2,
    kvs: [{ key: utf8("abc"), value: utf8("123"), createRevision: 2, modRevision: 2, version: 1, lease: "" }],
    more: false,
    count: 1,
  });

  const bytes = methodOf("KV", "Range").writeResponse(answer);

  const header = "0893e7f693d4c586e134" + "10edb09e9cd8e8bc54" + "1802" + "2002";
  const kv = "0a03616263" + "1002" + "1802" + "2001" + "2a03313233";
  assert.equal(toHex(bytes), "0a17" + header + "1210" + kv + "2001");
});

Deno.test("64-bit fields of a request end in safe numbers with the same meaning", () => {
  const bytes = toBinary(
    RangeRequestSchema,
    create(RangeRequestSchema, {
      key: utf8("k"),
      limit: -1n,
      revision: 0x7fff_ffff_ffff_ffffn,
      minModRevision: -5n,
      sortOrder: 2,
      sortTarget: 3,
    }),
  );

  assert.deepEqual(
    requestOf("KV", "Range", bytes),
    rangeRequest({
      key: utf8("k"),
      revision: Number.MAX_SAFE_INTEGER,
      minModRevision: -5,
      sortOrder: "descend",
      sortTarget: "mod",
    }),
  );
});

Deno.test("a transaction is read from JSON in either spelling, as the gateway's clients write it", () => {
  const expected = txnRequest({
    compare: [compare({ key: utf8("foo"), target: { kind: "create", value: 0 } })],
    success: [putRequest({ key: utf8("foo"), value: utf8("bar") })],
  });
  const method = methodOf("KV", "Txn");

  const spellings = [
    {
      compare: [{ target: "CREATE", key: "Zm9v", createRevision: "0" }],
      success: [{ requestPut: { key: "Zm9v", value: "YmFy" } }],
    },
    {
      compare: [{ target: 1, key: "Zm9v", create_revision: 0 }],
      success: [{ request_put: { key: "Zm9v", value: "YmFy" } }],
    },
  ];

  for (const json of spellings) {
    assert.deepEqual(method.readRequestJson(json, CONTEXT), { kind: "read", request: expected });
  }
  // Unknown fields are passed over, as etcd's gateway does; what is left of this one is an operation of no kind.
  const goJson = {
    compare: [{ result: 0, target: 1, key: "Zm9v", TargetUnion: null }],
    success: [{ Request: { RequestPut: { key: "Zm9v", value: "YmFy" } } }],
  };
  assert.deepEqual(method.readRequestJson(goJson, CONTEXT), {
    kind: "read",
    request: ETCD_ERRORS.keyNotFound,
  });
});

Deno.test("a transaction's parts that are nothing get etcd's error or its zero", () => {
  // success: one operation without a kind. compare: target LEASE with no value, on key "k".
  assert.equal(requestOf("KV", "Txn", fromHex("1200")), ETCD_ERRORS.keyNotFound);
  assert.deepEqual(
    requestOf("KV", "Txn", fromHex("0a05" + "1004" + "1a016b")),
    txnRequest({ compare: [compare({ key: utf8("k"), target: { kind: "lease", value: "" } })] }),
  );
  const unknownTarget = requestOf("KV", "Txn", fromHex("0a02" + "1009"));
  assert.ok(unknownTarget.kind === "error" && unknownTarget.code === "invalidArgument");
});

Deno.test("transactions nested without end are malformed, not a deep stack", () => {
  let bytes = new Uint8Array(0);
  for (let depth = 0; depth < 2000; depth++) {
    const inner = Uint8Array.of(0x22, ...lengthOf(bytes), ...bytes);
    bytes = Uint8Array.of(0x12, ...lengthOf(inner), ...inner);
  }

  assert.equal(methodOf("KV", "Txn").readRequest(bytes, CONTEXT).kind, "malformed");
});

Deno.test("inside a transaction's answer each part has its own header, with the revision alone", () => {
  const bytes = methodOf("KV", "Txn").writeResponse(answerOf({
    kind: "txn",
    revision: 9,
    succeeded: true,
    responses: [
      { kind: "put", revision: 9, prevKv: null },
      { kind: "txn", revision: 0, succeeded: false, responses: [] },
    ],
  }));

  const { header, responses } = fromBinary(TxnResponseSchema, bytes);
  assert.equal(header?.revision, 9n);
  assert.ok(responses[0]?.response.case === "responsePut");
  assert.deepEqual([
    responses[0].response.value.header?.revision,
    responses[0].response.value.header?.memberId,
  ], [9n, 0n]);
  assert.ok(
    responses[1]?.response.case === "responseTxn" && responses[1].response.value.header?.revision === 0n,
  );
});

Deno.test("JSON answers keep etcd's field names, write 64-bit integers as text, and leave zeros out", () => {
  const json = methodOf("KV", "Txn").writeResponseJson(answerOf({
    kind: "txn",
    revision: 2,
    succeeded: true,
    responses: [{ kind: "put", revision: 2, prevKv: null }],
  }));

  assert.equal(
    JSON.stringify(json),
    '{"header":{"cluster_id":"3801629817145504659","member_id":"47555275972384877","revision":"2","raft_term":"2"},' +
      '"succeeded":true,"responses":[{"response_put":{"header":{"revision":"2"}}}]}',
  );
});

Deno.test("membership calls carry ids, URLs and the time, and refuse what etcd refuses", () => {
  const added = requestOf(
    "Cluster",
    "MemberAdd",
    fromHex("0a0a" + toHex(utf8("http://b:1")) + "0a0a" + toHex(utf8("http://a:1")) + "1001"),
  );
  assert.deepEqual(added, {
    kind: "memberAdd",
    peerUrls: ["http://a:1", "http://b:1"],
    isLearner: true,
    unixSeconds: CONTEXT.unixSeconds,
  });
  assert.equal(requestOf("Cluster", "MemberAdd", new Uint8Array(0)), ETCD_ERRORS.memberBadUrls);
  assert.equal(requestOf("Cluster", "MemberRemove", new Uint8Array(0)), ETCD_ERRORS.memberNotFound);
  assert.deepEqual(requestOf("Cluster", "MemberRemove", fromHex("08edb09e9cd8e8bc54")), {
    kind: "memberRemove",
    member: "00a8f3458387986d",
  });

  const member = {
    id: memberId("fd422379fda50e48"),
    name: "infra3",
    peerUrls: ["http://p:1"],
    clientUrls: ["http://c:1"],
    isLearner: false,
  };
  const bytes = methodOf("Cluster", "MemberList").writeResponse(
    answerOf({ kind: "members", members: [member], changed: null }),
  );
  const [listed] = fromBinary(MemberListResponseSchema, bytes).members;
  assert.deepEqual([listed?.ID, listed?.name, listed?.peerURLs], [0xfd422379fda50e48n, "infra3", [
    "http://p:1",
  ]]);
});

Deno.test("a status names its leader by id, and nobody by zero", () => {
  const status = {
    kind: "status",
    version: "3.4.23",
    dbSizeBytes: 20_480,
    dbSizeInUseBytes: 16_384,
    leader: memberId("fd422379fda50e48"),
    raftIndex: 12,
    raftAppliedIndex: 11,
    raftTerm: 3,
    isLearner: false,
    errors: [],
    clusterVersion: "3.4.0",
  } as const;
  const write = (result: ClientResult) =>
    fromBinary(StatusResponseSchema, methodOf("Maintenance", "Status").writeResponse(answerOf(result)));

  assert.equal(write(status).leader, 0xfd422379fda50e48n);
  assert.equal(write(status).dbSize, 20_480n);
  const leaderless = write({ ...status, leader: null, errors: ["etcdserver: no leader"] });
  assert.deepEqual([leaderless.leader, leaderless.errors], [0n, ["etcdserver: no leader"]]);
});

Deno.test("a member list's header has no revision, an alarm's answer no header at all", () => {
  const members = methodOf("Cluster", "MemberList").writeResponseJson(
    answerOf({ kind: "members", members: [], changed: null }),
  );
  const alarms = methodOf("Maintenance", "Alarm").writeResponseJson(
    answerOf({ kind: "alarms", alarms: [{ member: memberId("0000000000000005"), alarm: "noSpace" }] }),
  );

  assert.equal(
    JSON.stringify(members),
    '{"header":{"cluster_id":"3801629817145504659","member_id":"47555275972384877","raft_term":"2"}}',
  );
  assert.equal(JSON.stringify(alarms), '{"alarms":[{"memberID":"5","alarm":"NOSPACE"}]}');
});

Deno.test("lease ids of 64 bits survive JSON numbers, both ways", () => {
  const body = '{"TTL":10,"ID":9223372036854775807,"note":"ID\\":12345678901234567890"}';
  const grant = methodOf("Lease", "LeaseGrant").readRequestJson(parseJsonExactly(body), CONTEXT);
  assert.deepEqual(grant, {
    kind: "read",
    request: { kind: "leaseGrant", id: "7fffffffffffffff", ttl: 10 },
  });
  const answer = answerOf({ kind: "leaseGrant", revision: 2, id: "7fffffffffffffff", ttl: 10 });
  const json = methodOf("Lease", "LeaseGrant").writeResponseJson(answer) as { ID: string };
  assert.equal(json.ID, "9223372036854775807");
  assert.deepEqual(
    parseJsonExactly('[-12345678901234567890,1234567890123456.5,123456789012345,"1234567890123456"]'),
    [
      "-12345678901234567890",
      1234567890123456.5,
      123456789012345,
      "1234567890123456",
    ],
  );
});

Deno.test("alarms and leases are asked for as etcdctl does", () => {
  // action: DEACTIVATE, memberID: 5, alarm: NOSPACE
  assert.deepEqual(requestOf("Maintenance", "Alarm", fromHex("0802" + "1005" + "1801")), {
    kind: "alarm",
    action: "deactivate",
    member: "0000000000000005",
    alarm: "noSpace",
  });
  assert.deepEqual(requestOf("Lease", "LeaseGrant", fromHex("080a")), {
    kind: "leaseGrant",
    id: "",
    ttl: 10,
  });
  assert.equal(requestOf("Lease", "LeaseRevoke", new Uint8Array(0)), ETCD_ERRORS.leaseNotFound);
  assert.deepEqual(requestOf("Lease", "LeaseTimeToLive", fromHex("08b960" + "1001")), {
    kind: "leaseTimeToLive",
    id: "0000000000003039",
    keys: true,
  });
  assert.equal(refusalAtLearner(rangeRequest({ key: utf8("k") })), ETCD_ERRORS.notSupportedForLearner);
  assert.equal(refusalAtLearner(rangeRequest({ key: utf8("k"), serializable: true })), null);
});

Deno.test("nonsense for any method is malformed or a request, never an exception", () => {
  for (const method of ETCD_METHODS.values()) {
    for (const hex of ["ff", "08", "ffffffffffffffffffffff01"]) {
      assert.equal(method.readRequest(fromHex(hex), CONTEXT).kind, "malformed", method.path);
    }
    assert.equal(method.readRequest(new Uint8Array(0), CONTEXT).kind, "read", method.path);
  }
});

function methodOf(service: string, name: string) {
  const method = ETCD_METHODS.get(`/etcdserverpb.${service}/${name}`);
  assert.ok(method !== undefined);
  return method;
}

function requestOf(service: string, name: string, bytes: Uint8Array): ClientRequest | EtcdError {
  const read = methodOf(service, name).readRequest(bytes, CONTEXT);
  assert.ok(read.kind === "read" && !isPasswordRequest(read.request));
  return read.request;
}

function answerOf(result: ClientResult): Answer {
  return {
    header: {
      clusterId: clusterId("34c21a2d427db393"),
      memberId: memberId("00a8f3458387986d"),
      revision: 2,
      raftTerm: 2,
    },
    result,
  };
}

function lengthOf(bytes: Uint8Array): number[] {
  const digits = [];
  let rest = bytes.length;
  for (; rest > 0x7f; rest >>>= 7) digits.push((rest & 0x7f) | 0x80);
  return [...digits, rest];
}
