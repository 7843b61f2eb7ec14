// Aim: a watch tells every change it asked for once, in order, whole revisions at a time; and a slow client costs
// nothing but its watch.

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { Prng } from "../../../core/base/prng.ts";
import {
  deleteRangeRequest,
  KvStore,
  type KvWriteRequest,
  putRequest,
  RESPONSE_REVISIONS_MAX,
  txnRequest,
  WatchHub,
  type WatchRequest,
  type WatchResponse,
} from "../../../core/kv/mod.ts";
import { accepted, applyAll, compact, decoded, eventTexts, put, refusalText } from "./kv_helpers.ts";

const STREAM = 1;
const remove = (key: string, end = "") => deleteRangeRequest({ key: utf8(key), rangeEnd: utf8(end) });

function watch(key: string, end = "", fields: Partial<WatchRequest> = {}): WatchRequest {
  return {
    watchId: 0,
    key: utf8(key),
    rangeEnd: utf8(end),
    startRevision: 0,
    prevKv: false,
    noPut: false,
    noDelete: false,
    ...fields,
  };
}

/** A store with a hub that hears of everything, and one open stream. */
function watchedStore() {
  const store = new KvStore();
  const hub = new WatchHub(store.revision);
  hub.openStream(STREAM);
  const apply = (...requests: KvWriteRequest[]) => {
    for (const request of requests) {
      const { response, events } = store.apply(request);
      accepted(response);
      if (events.length > 0) hub.hear(store.revision, events);
    }
  };
  const create = (request: WatchRequest) => hub.create(store, STREAM, request);
  return { store, hub, apply, create, takeAll: () => takeAll(hub, store) };
}

function takeAll(hub: WatchHub, store: KvStore): WatchResponse[] {
  const responses: WatchResponse[] = [];
  for (let next = hub.take(store, STREAM); next !== null; next = hub.take(store, STREAM)) {
    responses.push(next);
  }
  assert.equal(hub.hasResponse(STREAM), false);
  return responses;
}

const texts = (responses: WatchResponse[]) =>
  responses.map(({ watchId, events }) => `${watchId}: ${eventTexts(events).join(", ")}`);

Deno.test("watches of a key, a range and everything hear what concerns them, from now on", () => {
  const { apply, create, takeAll } = watchedStore();
  apply(put("a", "old"));
  for (const request of [watch("a"), watch("a", "c"), watch("", "\0"), watch("z")]) accepted(create(request));

  apply(put("a", "1"), txnRequest({ success: [putRequest({ key: utf8("b") }), remove("a")] }), put("c"));

  assert.deepEqual(texts(takeAll()), [
    "0: put a=1 @3, delete a @4",
    "1: put a=1 @3, put b= @4, delete a @4",
    "2: put a=1 @3, put b= @4, delete a @4, put c= @5",
  ]);
});

Deno.test("a watch from the past catches up, one from the future waits, and filters keep kinds back", () => {
  const { store, apply, create, takeAll } = watchedStore();
  apply(put("a", "1"), put("b", "x"), put("a", "2"), remove("a"));
  accepted(create(watch("a", "", { startRevision: 2 })));
  accepted(create(watch("a", "", { startRevision: 7 })));
  accepted(create(watch("a", "", { startRevision: 2, noPut: true })));
  accepted(create(watch("a", "", { startRevision: 2, noDelete: true })));

  const past = takeAll();
  apply(put("a", "3"), put("a", "4"));
  const later = takeAll();

  assert.deepEqual(texts(past), [
    "0: put a=1 @2, put a=2 @4, delete a @5",
    "2: delete a @5",
    "3: put a=1 @2, put a=2 @4",
  ]);
  assert.equal(past[0]!.revision, 5);
  assert.deepEqual(texts(later), ["0: put a=3 @6, put a=4 @7", "3: put a=3 @6, put a=4 @7", "1: put a=4 @7"]);
  assert.equal(store.revision, 7);
});

Deno.test("the pair before comes along when asked for, except where there was none or compaction took it", () => {
  const { apply, create, takeAll } = watchedStore();
  // The last transaction deletes the key and puts it anew: that put has no pair before, though revision 6 had one.
  const renewal = txnRequest({ success: [remove("a", "\0"), putRequest({ key: utf8("a") })] });
  apply(put("a", "1"), put("a", "2"), put("a", "3"), remove("a"), put("a", "4"), renewal, compact(3));
  accepted(create(watch("a", "", { startRevision: 3, prevKv: true })));

  const [response] = takeAll();

  const before = response!.events.map(({ prevKv }) => prevKv === null ? null : fromUtf8(prevKv.value));
  assert.deepEqual(before, [null, "2", "3", null, "4", null]);
});

Deno.test("compaction ends the watches that it overtakes, and no others", () => {
  const { hub, store, apply, create, takeAll } = watchedStore();
  apply(put("a", "1"), put("a", "2"), put("a", "3"));
  for (const startRevision of [2, 3, 0]) accepted(create(watch("a", "", { startRevision })));
  apply(compact(3));

  const responses = takeAll();

  assert.deepEqual(responses.map(({ watchId, compactRevision }) => [watchId, compactRevision]), [[0, 3], [
    1,
    null,
  ]]);
  assert.deepEqual(texts(responses), ["0: ", "1: put a=2 @3, put a=3 @4"]);
  assert.equal(hub.progress(store, STREAM, 0), null);
  apply(put("b"), put("b"), put("a", "4"), compact(7));
  assert.deepEqual(texts(takeAll()), ["1: put a=4 @7", "2: put a=4 @7"], "idle watches are not overtaken");
});

Deno.test("ids are the stream's own, and impossible watches are refused", () => {
  const { hub, store, apply, create, takeAll } = watchedStore();
  const idOf = (request: WatchRequest) => {
    const answer = create(request);
    return answer.kind === "watchCreated" ? answer.watchId : refusalText(answer);
  };

  const ids = [watch("a"), watch("a", "", { watchId: 1 }), watch("a"), watch("a", "", { watchId: 1 })].map(
    idOf,
  );
  const empty = idOf(watch("b", "a"));
  const ended = [hub.cancel(STREAM, 1), hub.cancel(STREAM, 1)];
  apply(put("a"));
  hub.openStream(2);
  accepted(hub.create(store, 2, watch("a")));
  hub.closeStream(2);

  assert.deepEqual(ids, [0, 1, 2, "mvcc: duplicate watch ID provided on the WatchStream"]);
  assert.equal(empty, "mvcc: watcher range is empty");
  assert.deepEqual(ended, [true, false]);
  assert.deepEqual(takeAll().map(({ watchId }) => watchId), [0, 2]);
  apply(put("a"));
});

Deno.test("progress is reported only by a watch that has heard of everything", () => {
  const { hub, store, apply, create, takeAll } = watchedStore();
  accepted(create(watch("a")));
  apply(put("b"));

  const idle = hub.progress(store, STREAM, 0);
  apply(put("a"));
  const behind = hub.progress(store, STREAM, 0);
  takeAll();

  assert.deepEqual(idle, { kind: "watch", watchId: 0, revision: 2, events: [], compactRevision: null });
  assert.equal(behind, null);
  assert.equal(hub.progress(store, STREAM, 0)?.revision, 3);
});

Deno.test("a long history comes in bounded responses, and watches of a stream take turns", () => {
  const { hub, store, apply, create } = watchedStore();
  for (let i = 0; i < 2.5 * RESPONSE_REVISIONS_MAX; i++) apply(put("a"));
  for (let i = 0; i < 4; i++) apply(put("big", "x".repeat(600_000)));
  for (const key of ["a", "a", "big"]) accepted(create(watch(key, "", { startRevision: 1 })));

  const sizes: [number, number][] = [];
  for (let next = hub.take(store, STREAM); next !== null; next = hub.take(store, STREAM)) {
    sizes.push([next.watchId, next.events.length]);
  }

  assert.deepEqual(sizes, [[0, 1000], [1, 1000], [2, 2], [0, 1000], [1, 1000], [2, 2], [0, 500], [1, 500]]);
});

Deno.test("a snapshot in the store's place makes watches hear what they missed, and nothing twice", () => {
  const { hub, store, apply, create } = watchedStore();
  accepted(create(watch("a")));
  accepted(create(watch("a", "", { startRevision: 5 })));
  apply(put("a", "1"));
  assert.deepEqual(texts(takeAll(hub, store)), ["0: put a=1 @2"]);
  const ahead = decoded(store.encode());
  applyAll(ahead, put("a", "2"), put("b"), put("a", "3"));

  hub.storeReplaced(ahead);

  assert.deepEqual(texts(takeAll(hub, ahead)), ["0: put a=2 @3, put a=3 @5", "1: put a=3 @5"]);
});

Deno.test("a watch that waits for a revision still to come waits on when a snapshot brings none of it", () => {
  const { store, hub, create } = watchedStore();
  accepted(create(watch("", "\0", { startRevision: 6 })));
  const ahead = KvStore.restore(store.capture());
  applyAll(ahead, put("a", "2"), put("a", "3"));

  hub.storeReplaced(ahead);
  assert.deepEqual(takeAll(hub, ahead), []);
  for (const value of ["4", "5", "6", "7"]) {
    ahead.apply(put("a", value));
    hub.hear(ahead.revision, [...ahead.changesSince(ahead.revision)][0]!.events);
  }

  assert.deepEqual(texts(takeAll(hub, ahead)), ["0: put a=6 @6, put a=7 @7"]);
});

Deno.test("over random histories every watch hears exactly its changes, also through a keyframe", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const prng = new Prng(seed);
    const { store, hub: firstHub } = watchedStore();
    let hub = firstHub;
    const watches: { watchId: number; wants: (change: Change) => boolean }[] = [];
    const changes: Change[] = [];
    const heard = new Map<number, string[]>();

    for (let i = 0; i < 200; i++) {
      if (prng.chance(100)) {
        const [key, end] = [prng.pick(["a", "b", "c"]), prng.pick(["", "c", "\0"])];
        const startRevision = prng.chance(500) ? 0 : prng.between(1, store.revision + 3);
        const from = startRevision === 0 ? store.revision + 1 : startRevision;
        const created = hub.create(store, STREAM, watch(key, end, { startRevision }));
        const wants = (change: Change) =>
          change.revision >= from &&
          (end === "" ? change.key === key : change.key >= key && (end === "\0" || change.key < end));
        if (created.kind === "watchCreated") watches.push({ watchId: created.watchId, wants });
      }
      const key = prng.pick(["a", "b", "c", "d"]);
      const { events } = store.apply(
        prng.chance(700) ? put(key, `${i}`) : remove(key, prng.pick(["", "\0"])),
      );
      if (events.length > 0) hub.hear(store.revision, events);
      for (const event of events) {
        changes.push({
          revision: store.revision,
          key: fromUtf8(event.kv.key),
          text: eventTexts([event])[0]!,
        });
      }
      if (prng.chance(50)) hub = WatchHub.restore(structuredClone(hub.capture()));
      if (prng.chance(400) || i === 199) {
        for (const { watchId, events } of takeAll(hub, store)) {
          heard.set(watchId, [...heard.get(watchId) ?? [], ...eventTexts(events)]);
        }
      }
    }

    for (const { watchId, wants } of watches) {
      const expected = changes.filter(wants).map(({ text }) => text);
      assert.deepEqual(heard.get(watchId) ?? [], expected, `seed ${seed}, watch ${watchId}`);
    }
  }
});

interface Change {
  readonly revision: number;
  readonly key: string;
  readonly text: string;
}
