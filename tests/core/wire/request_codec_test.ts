// Log entries against the bytes that a real etcd 3.4.23 wrote into its log, and against nonsense.

import assert from "node:assert/strict";
import { fromHex, toHex, utf8 } from "../../../core/base/bytes.ts";
import { memberId } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import {
  compare,
  deleteRangeRequest,
  putRequest,
  rangeRequest,
  txnRequest,
} from "../../../core/kv/requests.ts";
import { decodeLogCommand, encodeLogCommand, type LogRequest } from "../../../core/wire/request_codec.ts";

const LEASE = "12baa1f881b89b07";

/** Entry data from the WAL of etcd 3.4.23, driven by etcdctl; the request ids are the middle column. */
const FROM_ETCD: readonly [LogRequest, string, string][] = [
  [
    {
      kind: "publish",
      member: memberId("d66dda96cc0012ba"),
      name: "infra1",
      clientUrls: ["http://127.0.0.1:41379"],
    },
    "12baa1f881b89b01",
    "0881b6e28d88bfa8dd1212035055541a262f302f6d656d626572732f643636646461393663633030313262612f61747472696275746573" +
    "22397b226e616d65223a22696e66726131222c22636c69656e7455524c73223a5b22687474703a2f2f3132372e302e302e313a34313337" +
    "39225d7d2800320038004800500058006000680070007800800100",
  ],
  [
    { kind: "clusterVersion", version: "3.4.0" },
    "12baa1f881b89b04",
    "0884b6e28d88bfa8dd1212035055541a0a2f302f76657273696f6e2205332e342e30280032003800480050005800600068007000780080" +
    "0100",
  ],
  [
    putRequest({ key: utf8("foo"), value: utf8("bar") }),
    "12baa1f881b89b05",
    "220a0a03666f6f1203626172a2060a0885b6e28d88bfa8dd12",
  ],
  [
    putRequest({ key: utf8("a"), value: utf8("<b>"), prevKv: true }),
    "12baa1f881b89b06",
    "220a0a016112033c623e2001a2060a0886b6e28d88bfa8dd12",
  ],
  [
    { kind: "leaseGrant", id: LEASE, ttl: 100 },
    "12baa1f881b89b08",
    "420c08641087b6e28d88bfa8dd12a2060a0888b6e28d88bfa8dd12",
  ],
  [
    putRequest({ key: utf8("k"), value: utf8("v"), lease: LEASE }),
    "12baa1f881b89b09",
    "22100a016b1201761887b6e28d88bfa8dd12a2060a0889b6e28d88bfa8dd12",
  ],
  [
    deleteRangeRequest({ key: utf8("a"), rangeEnd: utf8("b") }),
    "12baa1f881b89b0a",
    "2a060a0161120162a2060a088ab6e28d88bfa8dd12",
  ],
  [
    txnRequest({
      compare: [
        compare({ key: utf8("foo"), target: { kind: "value", value: utf8("bar") } }),
        compare({ key: utf8("zz"), target: { kind: "mod", value: 0 }, result: "greater" }),
      ],
      success: [putRequest({ key: utf8("x"), value: utf8("1") }), rangeRequest({ key: utf8("foo") })],
      failure: [deleteRangeRequest({ key: utf8("y") })],
    }),
    "12baa1f881b89b0b",
    "32340a0c10031a03666f6f3a036261720a0a080110021a027a7a3000120812060a017812013112070a050a03666f6f1a051a030a0179a2" +
    "060a088bb6e28d88bfa8dd12",
  ],
  [
    { kind: "leaseRevoke", id: LEASE },
    "12baa1f881b89b0c",
    "4a0a0887b6e28d88bfa8dd12a2060a088cb6e28d88bfa8dd12",
  ],
  [
    { kind: "compact", revision: 3, physical: false },
    "12baa1f881b89b0d",
    "3a020803a2060a088db6e28d88bfa8dd12",
  ],
  [
    { kind: "alarm", action: "get", member: null, alarm: "none" },
    "12baa1f881b89b0f",
    "5200a2060a088fb6e28d88bfa8dd12",
  ],
];

Deno.test("every kind of log request is written in etcd's bytes and read back from them", () => {
  for (const [request, id, hex] of FROM_ETCD) {
    assert.equal(toHex(encodeLogCommand(id, request)), hex, request.kind);
    assert.deepEqual(decodeLogCommand(fromHex(hex)), { kind: "command", id, request });
  }
});

Deno.test("what etcd's clients cannot send still travels: nested transactions, huge leases, alarms", () => {
  const requests: LogRequest[] = [
    txnRequest({
      compare: [
        compare({
          key: utf8("k"),
          rangeEnd: utf8("l"),
          target: { kind: "lease", value: "ffffffffffffffff" },
        }),
        compare({ key: utf8("k"), target: { kind: "version", value: 3 }, result: "less" }),
        compare({ key: utf8("k"), target: { kind: "create", value: 9 }, result: "notEqual" }),
      ],
      success: [
        txnRequest({ failure: [rangeRequest({ key: utf8("q"), sortOrder: "descend", sortTarget: "mod" })] }),
      ],
    }),
    putRequest({ key: utf8("k"), lease: "8000000000000000", ignoreValue: true }),
    { kind: "alarm", action: "deactivate", member: memberId("fd422379fda50e48"), alarm: "noSpace" },
    { kind: "compact", revision: Number.MAX_SAFE_INTEGER, physical: true },
  ];

  for (const request of requests) {
    const decoded = decodeLogCommand(encodeLogCommand("ffffffffffffffff", request));
    assert.deepEqual(decoded, { kind: "command", id: "ffffffffffffffff", request });
  }
});

Deno.test("a v2 write inside an InternalRaftRequest, and an id beside it, are understood too", () => {
  const bare = encodeLogCommand("00000000000000aa", { kind: "clusterVersion", version: "3.4.0" });
  const wrapped = fromHex("0805" + "12" + bare.length.toString(16) + toHex(bare));

  assert.deepEqual(decodeLogCommand(wrapped), decodeLogCommand(bare));
  assert.deepEqual(decodeLogCommand(fromHex("0807" + "3a020803")), {
    kind: "command",
    id: "0000000000000007",
    request: { kind: "compact", revision: 3, physical: false },
  });
});

Deno.test("requests of unknown kinds are malformed, not guessed at", () => {
  const cases: [string, string][] = [
    ["nothing", ""],
    ["an id alone", "0807"],
    ["a lease checkpoint", "5a00a2060a088fb6e28d88bfa8dd12"],
    ["a transaction with an empty operation", "3202" + "1200"],
    ["a v2 delete", "0801" + "120644454c455445"],
    ["a v2 write to somewhere else", "0801" + "1203505554" + "1a0178"],
    [
      "attributes that are no JSON",
      "0801" + "1203505554" + "1a17" + toHex(utf8("/0/members/1/attributes")) + "22017b",
    ],
  ];

  for (const [what, hex] of cases) assert.ok("why" in decodeLogCommand(fromHex(hex)), what);
});

Deno.test("mutilated entries never throw", () => {
  const prng = new Prng(11);

  for (let round = 0; round < 20_000; round++) {
    const bytes = fromHex(prng.pick(FROM_ETCD)[2]);
    for (let hits = 1 + prng.below(3); hits > 0; hits--) bytes[prng.below(bytes.length)] = prng.below(256);
    decodeLogCommand(bytes.subarray(0, prng.chance(300) ? prng.below(bytes.length) : bytes.length));
  }
});
