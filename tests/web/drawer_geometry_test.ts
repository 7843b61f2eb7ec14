// The drawers' sums, without a browser: folded time, lanes, history bars, meters, and the verdict for each key.

import assert from "node:assert/strict";
import { utf8 } from "../../core/base/bytes.ts";
import type { ClusterId, MemberId } from "../../core/base/ids.ts";
import type { ClientOperation } from "../../core/check/history.ts";
import { type KeyValue, putRequest, rangeRequest, type RangeResponse } from "../../core/kv/requests.ts";
import type { ClusterEvent, Flight, HostedMember } from "../../workers/browser/cluster_api.ts";
import { historyPicture } from "../../web/geometry/history_lanes.ts";
import { keyLanes } from "../../web/geometry/key_lanes.ts";
import { latest, linePath, measure, scaleTop } from "../../web/geometry/meters.ts";
import { countHeartbeats, laneSegments, rayOf, timeRuler } from "../../web/geometry/space_time.ts";
import type { DeskOperation } from "../../web/state/client_desk.svelte.ts";
import { Recorder } from "../../web/state/recorder.ts";
import { judgeKey } from "../../web/state/verdicts.ts";

const A = "000000000000000a" as MemberId;
const B = "000000000000000b" as MemberId;

Deno.test("quiet time folds to one width, and every moment keeps its place and its order", () => {
  const ruler = timeRuler([[10, 22], [600, 640]], { fromMs: 0, toMs: 1000, width: 800, quietMs: 50 });

  assert.equal(ruler.folds.length, 2);
  assert.ok(ruler.folds.every(({ width }) => width === ruler.folds[0]!.width && width <= 84));
  const places = Array.from({ length: 101 }, (_, at) => ruler.x(at * 10));
  places.reduce((before, x) => {
    assert.ok(x >= before - 1e-9, `${x} lies before ${before}`);
    return x;
  });
  assert.ok(Math.abs(ruler.x(1000) - 800) < 1e-6);
  for (const ms of [0, 12, 300, 610, 999]) assert.ok(Math.abs(ruler.ms(ruler.x(ms)) - ms) < 1e-6, String(ms));
  assert.equal(timeRuler([], { fromMs: 0, toMs: 10, width: 100, quietMs: 50 }).folds.length, 0);
});

Deno.test("a lost message ends on its way, one in the air stands at now, one that landed ends on its lane", () => {
  const ruler = timeRuler([[0, 100]], { fromMs: 0, toMs: 100, width: 100, quietMs: 1000 });
  const at = { ruler, yFrom: 0, yTo: 50, nowMs: 60 };

  assert.deepEqual(pick(rayOf(flight({ sentAtMs: 10, deliverAtMs: 30 }), at)), ["landed", 30, 50]);
  assert.deepEqual(pick(rayOf(flight({ sentAtMs: 50, deliverAtMs: 70 }), at)), ["flying", 60, 25]);
  assert.deepEqual(pick(rayOf(flight({ sentAtMs: 10, deliverAtMs: 30, dropped: true }), at)), [
    "lost",
    22,
    30,
  ]);
});

Deno.test("a lane is cut where role or term change, and a crash ends its role", () => {
  const member = { id: A, name: "infra1", state: "running", view: null } as unknown as HostedMember;
  const events = [
    event(5, A, { kind: "role", role: "follower", term: 1, leader: null }),
    event(20, A, { kind: "role", role: "leader", term: 2, leader: A }),
    event(30, B, { kind: "role", role: "follower", term: 2, leader: A }),
    event(60, null, { kind: "operator", verb: "crash", names: ["infra1"] }),
    event(80, A, { kind: "recovered", entryCount: 3, snapshotIndex: 0, tornBytes: 0, term: 2 }),
  ];

  const segments = laneSegments(member, events, { fromMs: 10, toMs: 100 });

  assert.deepEqual(segments.map(({ fromMs, toMs, role, term }) => [fromMs, toMs, role, term]), [
    [10, 20, "follower", 1],
    [20, 60, "leader", 2],
    [60, 80, "stopped", 2],
    [80, 100, "follower", 2],
  ]);
});

Deno.test("heartbeats of a fold are counted once each, the lost ones apart", () => {
  const beats = [
    flight({ kind: "heartbeat", sentAtMs: 10 }),
    flight({ kind: "heartbeatReply", sentAtMs: 20 }),
    flight({ kind: "heartbeat", sentAtMs: 30, dropped: true }),
    flight({ kind: "append", sentAtMs: 30 }),
    flight({ kind: "heartbeatReply", sentAtMs: 300 }),
  ];

  assert.deepEqual(countHeartbeats(beats, { fromMs: 0, toMs: 100 }), { acked: 1, lost: 1 });
});

Deno.test("the recorder keeps each event and message once, in order of time, and learns what was lost", () => {
  const recorder = new Recorder();
  const first = flight({ messageId: "1", sentAtMs: 20 });
  const events = [event(1, A, { kind: "committed", index: 1 }), event(3, A, { kind: "committed", index: 2 })];
  const frame = { events, flights: [first], members: [] };

  recorder.take(frame as never, 30);
  recorder.take({ ...frame, flights: [first, flight({ messageId: "2", sentAtMs: 10 })] } as never, 40);
  recorder.hear([], ["1"]);

  assert.deepEqual(recorder.events.map(({ atMs }) => atMs), [1, 3]);
  assert.deepEqual(recorder.flights.map(({ messageId, dropped }) => [messageId, dropped]), [["2", false], [
    "1",
    true,
  ]]);
});

Deno.test("meters count by the second, leave holes where nobody led, and take a commit from log to quorum", () => {
  const nowMs = 60_000;
  const meters = measure({
    nowMs,
    startMs: 0,
    leaders: [{ atMs: 0, id: A }, { atMs: 40_000, id: null }, { atMs: 45_000, id: A }],
    flights: [
      flight({ from: A, sentAtMs: 58_100, sizeBytes: 500 }),
      flight({ from: A, sentAtMs: 58_200, sizeBytes: 1500 }),
      flight({ from: B, sentAtMs: 58_200, sizeBytes: 9000 }),
    ],
    operations: [
      op({ outcome: "ok", returnedAtMs: 58_500 }),
      op({ outcome: "failed", returnedAtMs: 58_500 }),
    ],
    events: [
      event(30_000, A, { kind: "role", role: "leader", term: 3, leader: A }),
      event(58_000, A, { kind: "appended", first: 5, last: 5, term: 3 }),
      event(58_040, A, { kind: "committed", index: 5 }),
      event(58_050, A, { kind: "writeDurable", writeId: 1, lastIndex: 5 }),
    ],
  });

  assert.equal(latest(meters.writes), 1);
  assert.equal(latest(meters.messages), 2);
  assert.equal(latest(meters.bytes), 2);
  assert.equal(latest(meters.syncs), 1);
  assert.equal(latest(meters.commitHalf), 40);
  assert.deepEqual(meters.outages, [[20, 15]]);
  assert.equal(meters.writes[42], null, "a second without a leader is a hole");
  assert.equal(meters.writes[20], 0, "a second with a leader and no write is nothing written");
  assert.deepEqual(meters.elections.map(({ ago, term }) => [ago, term]), [[30, 3]]);
  assert.equal(scaleTop([3, null, 17]), 20);
  assert.equal(linePath([1, 1, null, 1], { width: 59, height: 10, top: 1 }).match(/M/g)?.length, 2);
});

Deno.test("bars are open where nobody knows, and each point of the order lies within its bar", () => {
  const operations = [
    op({ requestId: 1, client: "w1", invokedAtMs: 0, returnedAtMs: 30, outcome: "ok" }),
    op({ requestId: 2, client: "you", invokedAtMs: 10, returnedAtMs: 20, outcome: "unknown" }),
    op({ requestId: 3, client: "w1", invokedAtMs: 40, returnedAtMs: 50, outcome: "ok" }),
  ];

  const picture = historyPicture(operations, [2, 1, 3], { width: 400, nowMs: 60 });

  assert.deepEqual(picture.clients, ["you", "w1"]);
  assert.deepEqual(picture.ops.map(({ isOpen }) => isOpen), [false, true, false]);
  picture.thread.forEach((point, at) => {
    const bar = picture.ops.find(({ operation }) => operation.requestId === point.requestId)!;
    assert.ok(point.x >= bar.x && point.x <= bar.x + bar.width);
    assert.ok(at === 0 || point.x >= picture.thread[at - 1]!.x);
  });
});

Deno.test("a key's history is judged true, false, or not at all, also from the middle on", () => {
  const write = op({
    requestId: 1,
    invokedAt: 0,
    returnedAt: 1,
    response: ok({ kind: "put", revision: 2, prevKv: null }),
  });
  const fresh = read(2, [2, 3], pair("1", 2), 2);
  const stale = read(3, [4, 5], null, 2);

  assert.equal(judgeKey("x", [write, fresh], "empty", false).kind, "linearizable");
  const verdict = judgeKey("x", [write, fresh, stale], "empty", false);
  assert.deepEqual([verdict.kind, verdict.kind === "violation" && verdict.requestId], ["violation", 3]);
  assert.deepEqual(judgeKey("x", [write], null, false), { kind: "unknown", why: "middle" });
  // The first read tells what the key was; what came before it needs no judging.
  assert.equal(
    judgeKey("x", [read(4, [0, 1], pair("9", 7), 9), read(5, [2, 3], pair("9", 7), 9)], null, true).kind,
    "linearizable",
  );
  assert.equal(
    judgeKey("x", [read(4, [0, 1], pair("9", 7), 9), read(5, [2, 3], null, 10)], null, true).kind,
    "violation",
  );
});

Deno.test("keys stand as rows, newest changes first to get a row, versions at their revisions", () => {
  const version = (key: string, revision: number, value: string | null) => ({
    key,
    revision,
    value,
    createRevision: 2,
    version: 1,
    lease: "",
  });
  const versions = [version("a", 2, "1"), version("b", 3, "1"), version("a", 4, null), version("c", 5, "1")];

  const { revisions, lanes, hiddenCount } = keyLanes(versions, {
    newest: 6,
    applied: 5,
    columns: 5,
    rows: 2,
  });

  assert.deepEqual(revisions, [2, 3, 4, 5, 6]);
  assert.deepEqual(lanes.map(({ key }) => key), ["a", "c"]);
  assert.equal(hiddenCount, 1);
  assert.deepEqual(lanes[0]!.lives, [{ from: 0, to: 2 }]);
  assert.deepEqual(lanes[0]!.cells.map(({ column }) => column), [0, 2]);
});

function pick({ state, x2, y2 }: ReturnType<typeof rayOf>): readonly [string, number, number] {
  return [state, Math.round(x2), Math.round(y2)];
}

function flight(fields: Partial<Flight>): Flight {
  const sentAtMs = fields.sentAtMs ?? 0;
  return {
    messageId: "m",
    kind: "append",
    from: A,
    to: B,
    sentAtMs,
    deliverAtMs: sentAtMs + 12,
    dropped: false,
    reject: false,
    summary: "",
    ...fields,
  };
}

let eventNumber = 1;
function event(atMs: number, member: MemberId | null, told: ClusterEvent["event"]): ClusterEvent {
  return { number: eventNumber++, atMs, member, event: told };
}

function op(fields: Partial<DeskOperation>): DeskOperation {
  return {
    requestId: 1,
    client: "you",
    member: A,
    request: putRequest({ key: utf8("x"), value: utf8("1") }),
    invokedAtMs: 0,
    returnedAtMs: 10,
    invokedAt: 0,
    returnedAt: 1,
    response: null,
    outcome: "ok",
    ...fields,
  };
}

function ok(
  result: Extract<ClientOperation["response"], { kind: "ok" }>["result"],
): ClientOperation["response"] {
  const header = { clusterId: "0000000000000001" as ClusterId, memberId: A, revision: 1, raftTerm: 1 };
  return { kind: "ok", header, result };
}

function pair(value: string, modRevision: number): KeyValue {
  return {
    key: utf8("x"),
    value: utf8(value),
    createRevision: modRevision,
    modRevision,
    version: 1,
    lease: "",
  };
}

function read(
  requestId: number,
  [invokedAt, returnedAt]: [number, number],
  kv: KeyValue | null,
  revision: number,
): DeskOperation {
  const result: RangeResponse = {
    kind: "range",
    revision,
    kvs: kv === null ? [] : [kv],
    more: false,
    count: kv === null ? 0 : 1,
  };
  return op({
    requestId,
    invokedAt,
    returnedAt,
    request: rangeRequest({ key: utf8("x") }),
    response: ok(result),
  });
}
