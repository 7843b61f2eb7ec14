// Watches as a client of one member meets them: etcd's semantics, and what becomes of clients that do not listen.

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { ETCD_ERRORS } from "../../../core/base/etcd_error.ts";
import { deleteRangeRequest, FROM_KEY_END, putRequest, txnRequest } from "../../../core/kv/requests.ts";
import { message } from "../../../core/raft/message.ts";
import type { WatchCreate, WatchResult } from "../../../core/member/io.ts";
import type { MemberOptions } from "../../../core/member/options.ts";
import { UNTAKEN_COUNT_MAX, UNTAKEN_EVENTS_MAX } from "../../../core/member/watch_desk.ts";
import { B, HandsOnMember, optionsOf } from "./hands_on_member.ts";

const put = (key: string, value = "v") => putRequest({ key: utf8(key), value: utf8(value) });

class Watcher {
  readonly hands: HandsOnMember;
  readonly stream: number;
  /** Takes every response at once, as a client that keeps up. */
  reads = true;

  constructor(fields: Partial<MemberOptions> = {}, requireLeader = false) {
    this.hands = HandsOnMember.alone(fields);
    this.stream = this.hands.send({ kind: "watch", requireLeader });
  }

  create(key: string, fields: Partial<WatchCreate> = {}): void {
    const create: WatchCreate = {
      key: utf8(key),
      rangeEnd: new Uint8Array(0),
      startRevision: 0,
      watchId: 0,
      prevKv: false,
      noPut: false,
      noDelete: false,
      progressNotify: false,
      fragment: false,
      ...fields,
    };
    this.hands.handle({ kind: "say", requestId: this.stream, message: { kind: "create", create } });
  }

  cancel(watchId: number): void {
    this.hands.handle({ kind: "say", requestId: this.stream, message: { kind: "cancel", watchId } });
  }

  askProgress(): void {
    this.hands.handle({ kind: "say", requestId: this.stream, message: { kind: "progress" } });
  }

  take(count: number): void {
    this.hands.handle({ kind: "taken", requestId: this.stream, count });
  }

  /** What the stream said since the last call. */
  results(): WatchResult[] {
    const said = this.hands.takeSaidTo(this.stream);
    if (this.reads) this.take(said.length);
    return said.map(({ response, last }) => {
      assert(response.kind === "ok" && response.result.kind === "watch" && !last, JSON.stringify(response));
      assert.equal(response.header.revision, response.result.revision);
      return response.result;
    });
  }

  /** As `results`, in short: "0 created", "0: 2 put a=v", … */
  texts(): string[] {
    return this.results().map((result) => {
      const words = [`${result.watchId}`];
      if (result.created) words.push("created");
      if (result.cancelled) words.push("cancelled");
      if (result.cancelReason) words.push(result.cancelReason);
      if (result.compactRevision > 0) words.push(`compacted ${result.compactRevision}`);
      if (result.fragment) words.push("fragment");
      const events = result.events.map(({ kind, kv, prevKv }) =>
        `${kv.modRevision} ${kind} ${fromUtf8(kv.key)}` + (prevKv ? ` was ${fromUtf8(prevKv.value)}` : "")
      );
      return words.join(" ") + (events.length > 0 ? `: ${events.join(", ")}` : "");
    });
  }
}

Deno.test("many watches of one stream hear of their own keys alone, from the next revision on", () => {
  const watcher = new Watcher();
  watcher.hands.ask(put("a"));
  watcher.create("a");
  watcher.create("b", { rangeEnd: utf8("c"), noDelete: true, prevKv: true });
  watcher.create("", { rangeEnd: FROM_KEY_END, noPut: true, watchId: 9 });
  assert.deepEqual(watcher.texts(), ["0 created", "1 created", "9 created"]);

  watcher.hands.ask(put("a"));
  watcher.hands.ask(put("b1", "old"));
  watcher.hands.ask(put("b1", "new"));
  watcher.hands.ask(deleteRangeRequest({ key: utf8("a"), rangeEnd: utf8("c") }));
  watcher.hands.ask(put("c"));

  assert.deepEqual(watcher.texts(), [
    "0: 3 put a",
    "1: 4 put b1",
    "1: 5 put b1 was old",
    "0: 6 delete a",
    "9: 6 delete a, 6 delete b1",
  ]);
});

Deno.test("a transaction's events come together; past and future revisions are watched from exactly there", () => {
  const watcher = new Watcher();
  for (const value of ["1", "2", "3"]) watcher.hands.ask(put("a", value));
  watcher.hands.ask(txnRequest({ success: [put("a"), put("b")] }));

  watcher.create("a", { rangeEnd: utf8("z"), startRevision: 3 });
  watcher.create("a", { startRevision: 7 });
  assert.deepEqual(watcher.texts(), [
    "0 created",
    "0: 3 put a, 4 put a, 5 put a, 5 put b",
    "1 created",
  ]);
  for (let i = 0; i < 3; i++) watcher.hands.ask(put("a"));

  assert.deepEqual(watcher.texts(), ["0: 6 put a", "1: 7 put a", "0: 7 put a", "1: 8 put a", "0: 8 put a"]);
});

Deno.test("a watch that cannot be is made and cancelled in one answer, with etcd's reason", () => {
  const watcher = new Watcher();
  watcher.create("b", { rangeEnd: utf8("a") });
  watcher.create("a", { watchId: 5 });
  watcher.create("a", { watchId: 5 });
  watcher.cancel(5);
  watcher.cancel(5);
  watcher.create("a", { watchId: 5 });

  assert.deepEqual(watcher.texts(), [
    "-1 created cancelled mvcc: watcher range is empty",
    "5 created",
    "-1 created cancelled mvcc: duplicate watch ID provided on the WatchStream",
    "5 cancelled",
    "5 created",
  ]);
});

Deno.test("a watch from a compacted revision ends with the revision that can be had, and no other", () => {
  const watcher = new Watcher();
  for (let i = 0; i < 5; i++) watcher.hands.ask(put("a"));
  watcher.hands.ask({ kind: "compact", revision: 4, physical: false });

  watcher.create("a", { startRevision: 3 });
  watcher.create("a", { startRevision: 4 });
  const results = watcher.results();

  assert.deepEqual(
    results.map(({ watchId, cancelled, compactRevision, revision }) => [
      watchId,
      cancelled,
      compactRevision,
      revision,
    ]),
    [[0, false, 0, 6], [0, true, 4, 0], [1, false, 0, 6], [1, false, 0, 6]],
  );
  assert.deepEqual(results[3]!.events.map(({ kv }) => kv.modRevision), [4, 5, 6]);
});

Deno.test("a client that does not read gets no more than it may leave lying, and everything later", () => {
  const watcher = new Watcher();
  watcher.reads = false;
  watcher.create("a");
  for (let i = 0; i < 200; i++) watcher.hands.ask(put("a", `${i}`));
  const first = watcher.results();
  assert.equal(first.length, UNTAKEN_EVENTS_MAX);

  watcher.take(UNTAKEN_EVENTS_MAX);
  const rest = watcher.results();

  const told = [...first, ...rest].flatMap(({ events }) => events.map(({ kv }) => kv.modRevision));
  assert.deepEqual(told, Array.from({ length: 200 }, (_, i) => i + 2));
  assert.equal(rest.length, 1, "what had gathered comes in one response");
});

Deno.test("a slow client whose history is compacted meanwhile is told so, and its other watches go on", () => {
  const watcher = new Watcher();
  watcher.reads = false;
  watcher.create("a");
  watcher.create("b");
  for (let i = 0; i < 100; i++) watcher.hands.ask(put("a"));
  watcher.results();
  watcher.hands.ask({ kind: "compact", revision: 90, physical: false });
  watcher.reads = true;

  watcher.take(UNTAKEN_EVENTS_MAX);
  assert.deepEqual(watcher.texts(), ["0 cancelled compacted 90"]);
  watcher.hands.ask(put("a"));
  watcher.hands.ask(put("b"));

  assert.deepEqual(watcher.texts(), ["1: 103 put b"]);
});

Deno.test("a stream that asks on and on and never listens is ended", () => {
  const watcher = new Watcher();
  watcher.reads = false;
  for (let i = 0; i <= UNTAKEN_COUNT_MAX; i++) watcher.create("a");

  const said = watcher.hands.saidTo(watcher.stream);

  assert.equal(said.length, UNTAKEN_COUNT_MAX + 1);
  assert.deepEqual(said.at(-1), { response: ETCD_ERRORS.tooManyRequests, last: true });
  watcher.hands.ask(put("a"));
  assert.equal(watcher.hands.saidTo(watcher.stream).length, UNTAKEN_COUNT_MAX + 1);
});

Deno.test("progress is told when asked for, but never ahead of events that wait", () => {
  const watcher = new Watcher();
  watcher.reads = false;
  watcher.create("a");
  for (let i = 0; i < UNTAKEN_EVENTS_MAX + 4; i++) watcher.hands.ask(put("a"));
  watcher.askProgress();
  assert.equal(watcher.results().length, UNTAKEN_EVENTS_MAX);

  watcher.take(UNTAKEN_EVENTS_MAX);
  const [events, progress] = watcher.results();

  assert.equal(events!.events.length, 5);
  assert.deepEqual([progress!.watchId, progress!.events.length, progress!.revision], [-1, 0, 21]);
});

Deno.test("a watch that wants to be notified hears of progress after a quiet interval only", () => {
  const watcher = new Watcher({ watchProgressMs: 1_000 });
  watcher.create("a", { progressNotify: true });
  watcher.create("b");
  watcher.results();
  watcher.hands.tick(7);
  watcher.hands.ask(put("a"));
  assert.deepEqual(watcher.texts(), ["0: 2 put a"]);

  watcher.hands.tick(10);
  assert.deepEqual(watcher.texts(), [], "something was told in this interval");
  watcher.hands.tick(10);

  assert.deepEqual(watcher.texts(), ["0"]);
});

Deno.test("a large revision is cut for watches that allow it, and whole for the others", () => {
  const watcher = new Watcher({ maxRequestBytes: 1_000_000 });
  watcher.create("a", { rangeEnd: utf8("b"), fragment: true });
  watcher.create("a", { rangeEnd: utf8("b") });
  watcher.results();
  const value = "x".repeat(100_000);
  for (let i = 0; i < 20; i++) watcher.hands.ask(put(`a${i}`, value));
  watcher.results();
  watcher.create("a", { rangeEnd: utf8("b"), startRevision: 2, prevKv: true, fragment: true });
  watcher.results();

  watcher.hands.ask(deleteRangeRequest({ key: utf8("a"), rangeEnd: utf8("b") }));
  const results = watcher.results();

  const parts = results.map(({ watchId, events, fragment }) => [watchId, events.length, fragment]);
  assert.deepEqual(parts, [[0, 20, false], [1, 20, false], [2, 15, true], [2, 5, false]]);
});

Deno.test("a stream that requires a leader ends when nobody leads for long, the others do not", () => {
  const hands = new HandsOnMember(optionsOf(3));
  assert.deepEqual(hands.ask({ kind: "watch", requireLeader: true }), ETCD_ERRORS.noLeader);
  hands.receive(message({ kind: "heartbeat", from: B, to: hands.member.id, term: 3 }));
  const required = hands.send({ kind: "watch", requireLeader: true });
  const patient = hands.send({ kind: "watch", requireLeader: false });

  hands.tick(19 + 30);

  assert.deepEqual(hands.saidTo(required), [{ response: ETCD_ERRORS.noLeader, last: true }]);
  assert.deepEqual(hands.saidTo(patient), []);
});

Deno.test("a stream goes on from a keyframe as if nothing had been", () => {
  const watcher = new Watcher();
  watcher.reads = false;
  watcher.create("a", { progressNotify: true });
  for (let i = 0; i < 30; i++) watcher.hands.ask(put("a"));
  watcher.askProgress();

  watcher.hands.swapForCopy();
  watcher.take(UNTAKEN_EVENTS_MAX);

  assert.deepEqual(
    watcher.results().flatMap(({ events }) => events.map(({ kv }) => kv.modRevision)).length,
    30,
  );
});
