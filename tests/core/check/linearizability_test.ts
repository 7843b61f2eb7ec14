// The judge of histories is held against a second one that tries every order and knows nothing of memory, parts or
// linked lists: on thousands of small histories, true by construction and spoilt afterwards, both must agree.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { ETCD_ERRORS, otherError } from "../../../core/base/etcd_error.ts";
import { memberIdOf } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import { ClientHistory, type ClientOperation } from "../../../core/check/history.ts";
import {
  checkHistory,
  kvModel,
  type KvOperation,
  kvOperations,
  revisionModel,
} from "../../../core/check/kv_model.ts";
import { checkLinearizable } from "../../../core/check/linearizability.ts";
import {
  compare,
  deleteRangeRequest,
  type KeyValue,
  putRequest,
  rangeRequest,
  txnRequest,
} from "../../../core/kv/requests.ts";
import type { ClientResult } from "../../../core/member/io.ts";

// --- Histories that are true by construction ---------------------------------------------------------------------

/** What a client does, in words that generator and second judge share. */
type Deed =
  | { kind: "put"; key: string; value: string }
  | { kind: "get"; key: string }
  | { kind: "del"; key: string }
  /** Puts `value` if the key's value, version or mod revision is `expected`; else reads the key. */
  | { kind: "cas"; key: string; by: "value" | "version" | "mod"; expected: string; value: string };
interface Pair {
  value: string;
  version: number;
  mod: number;
  create: number;
}
/** What a client was told. */
interface Told {
  pair: Pair | null;
  deleted: number;
  succeeded: boolean;
  revision: number;
}
interface Lived {
  deed: Deed;
  invokedAt: number;
  returnedAt: number | null;
  told: Told | null;
}

class TinyStore {
  revision = 1;
  pairs = new Map<string, Pair>();

  perform(deed: Deed): Told {
    const before = this.pairs.get(deed.key) ?? null;
    const told: Told = { pair: null, deleted: 0, succeeded: false, revision: 0 };
    if (deed.kind === "put") this.#put(deed.key, deed.value);
    else if (deed.kind === "get") told.pair = before && { ...before };
    else if (deed.kind === "del") {
      if (before) this.revision += 1;
      told.deleted = this.pairs.delete(deed.key) ? 1 : 0;
    } else {
      told.succeeded = casHolds(deed, before);
      if (told.succeeded) this.#put(deed.key, deed.value);
      else told.pair = before && { ...before };
    }
    told.revision = this.revision;
    return told;
  }

  #put(key: string, value: string): void {
    const before = this.pairs.get(key);
    const mod = ++this.revision;
    this.pairs.set(key, { value, version: (before?.version ?? 0) + 1, mod, create: before?.create ?? mod });
  }
}

function casHolds(deed: Deed & { kind: "cas" }, before: Pair | null): boolean {
  if (deed.by === "value") return before !== null && before.value === deed.expected;
  return (before ? before[deed.by] : 0) === Number(deed.expected);
}

interface Wish {
  clientCount: number;
  operationCount: number;
  keyCount: number;
  unknownPerMille: number;
  casBy: readonly ("value" | "version" | "mod")[];
}

/** Clients call, the store performs at some instant in between, answers arrive or never do. */
function liveThrough(prng: Prng, wish: Wish): Lived[] {
  const store = new TinyStore();
  const lived: Lived[] = [];
  type Open = { place: number; told: Told | null; lost: boolean; never: boolean };
  const open: Open[] = [];
  /** Unknown ones that have yet to happen; their client has gone on. */
  const ghosts: Open[] = [];
  let at = 0;
  const draw = (): Deed => {
    const key = `k${prng.below(wish.keyCount)}`;
    const value = `v${prng.below(3)}`;
    switch (prng.below(5)) {
      case 0:
      case 1:
        return { kind: "put", key, value };
      case 2:
        return { kind: "get", key };
      case 3:
        return { kind: "del", key };
    }
    if (wish.casBy.length === 0) return { kind: "get", key };
    const by = prng.pick(wish.casBy);
    const known = store.pairs.get(key);
    const likely = prng.chance(700);
    const expected = by === "value"
      ? likely && known ? known.value : `v${prng.below(3)}`
      : String(likely ? known?.[by] ?? 0 : prng.below(6));
    return { kind: "cas", key, by, expected, value };
  };
  const settle = (one: Open) => one.told ??= one.never ? null : store.perform(lived[one.place]!.deed);
  while (lived.length < wish.operationCount || open.length > 0) {
    at += 1;
    if (ghosts.length > 0 && prng.chance(300)) settle(ghosts.splice(prng.below(ghosts.length), 1)[0]!);
    const mayCall = lived.length < wish.operationCount && open.length < wish.clientCount;
    if (mayCall && (open.length === 0 || prng.chance(500))) {
      const lost = prng.chance(wish.unknownPerMille);
      open.push({ place: lived.length, told: null, lost, never: lost && prng.chance(400) });
      lived.push({ deed: draw(), invokedAt: at, returnedAt: null, told: null });
      continue;
    }
    const place = prng.below(open.length);
    const one = open[place]!;
    if (one.lost) {
      open.splice(place, 1);
      ghosts.push(one);
    } else if (one.told === null) settle(one);
    else {
      open.splice(place, 1);
      Object.assign(lived[one.place]!, { returnedAt: at, told: one.told });
    }
  }
  return lived;
}

/** Changes one answer to something another history might have said. */
function spoil(prng: Prng, lived: readonly Lived[]): Lived[] {
  const copy = structuredClone([...lived]);
  const answered = copy.filter(({ told }) => told !== null);
  if (answered.length === 0) return copy;
  const { told, deed } = prng.pick(answered);
  if (deed.kind === "get") {
    const other = prng.pick(answered).told!.pair;
    told!.pair = prng.chance(300) ? null : other ?? { value: "v1", version: 1, mod: 2, create: 2 };
  } else if (deed.kind === "del") told!.deleted = 1 - told!.deleted;
  else if (deed.kind === "cas") told!.succeeded = !told!.succeeded;
  else deed.value = `v${prng.below(3)}`;
  return copy;
}

function operationOf(lived: Lived, requestId: number): KvOperation {
  const { deed, told, invokedAt, returnedAt } = lived;
  const key = utf8(deed.key);
  const timed = { requestId, invokedAt, returnedAt };
  const range = (revision: number, pair: Pair | null) => {
    const kv: KeyValue | null = pair && {
      key,
      value: utf8(pair.value),
      version: pair.version,
      modRevision: pair.mod,
      createRevision: pair.create,
      lease: "",
    };
    return { kind: "range" as const, revision, kvs: kv ? [kv] : [], more: false, count: kv ? 1 : 0 };
  };
  let result: ClientResult | null = null;
  switch (deed.kind) {
    case "put":
      if (told) result = { kind: "put", revision: told.revision, prevKv: null };
      return { ...timed, request: putRequest({ key, value: utf8(deed.value) }), result };
    case "get":
      if (told) result = range(told.revision, told.pair);
      return { ...timed, request: rangeRequest({ key }), result };
    case "del":
      if (told) result = { kind: "deleteRange", revision: told.revision, deleted: told.deleted, prevKvs: [] };
      return { ...timed, request: deleteRangeRequest({ key }), result };
    case "cas": {
      if (told) {
        const { succeeded, revision } = told;
        const response = succeeded
          ? { kind: "put" as const, revision, prevKv: null }
          : range(revision, told.pair);
        result = { kind: "txn", revision, succeeded, responses: [response] };
      }
      const target = deed.by === "value"
        ? { kind: deed.by, value: utf8(deed.expected) }
        : { kind: deed.by, value: Number(deed.expected) };
      const request = txnRequest({
        compare: [compare({ key, target })],
        success: [putRequest({ key, value: utf8(deed.value) })],
        failure: [rangeRequest({ key })],
      });
      return { ...timed, request, result };
    }
  }
}

// --- The second judge ---------------------------------------------------------------------------------------------

/** A pair as the second judge knows it; revisions of unknown writes are unknown until an answer names them. */
interface Guess {
  value: string;
  version: number;
  mod: number | null;
  create: number | null;
}

/** Tries every order that respects time, with every set of unknown operations, and keeps nothing in mind. */
function someOrderIsTrue(lived: readonly Lived[]): boolean {
  const left = new Set(lived.keys());
  const attempt = (pairs: Record<string, Guess>): boolean => {
    const answered = [...left].filter((place) => lived[place]!.told !== null);
    if (answered.length === 0) return true;
    const deadline = Math.min(...answered.map((place) => lived[place]!.returnedAt!));
    for (const place of [...left]) {
      const one = lived[place]!;
      if (one.invokedAt > deadline) continue;
      const after = { ...pairs };
      if (!fits(one, after)) continue;
      left.delete(place);
      const isTrue = attempt(after);
      left.add(place);
      if (isTrue) return true;
    }
    return false;
  };
  return attempt({});
}

/** Performs one operation on `pairs`; false when what was told cannot be. */
function fits({ deed, told }: Lived, pairs: Record<string, Guess>): boolean {
  const { key } = deed;
  const before: Guess | null = pairs[key] ?? null;
  const put = (value: string) => {
    const mod = told?.revision ?? null;
    pairs[key] = { value, version: (before?.version ?? 0) + 1, mod, create: before ? before.create : mod };
    return true;
  };
  const seen = () => {
    if (!told) return true;
    if (!told.pair || !before) return !told.pair && !before;
    pairs[key] = { ...before, mod: before.mod ?? told.pair.mod, create: before.create ?? told.pair.create };
    const { value, version, mod, create } = pairs[key];
    return [value, version, mod, create].join() ===
      [told.pair.value, told.pair.version, told.pair.mod, told.pair.create].join();
  };
  if (deed.kind === "put") return put(deed.value);
  if (deed.kind === "get") return seen();
  if (deed.kind === "del") {
    delete pairs[key];
    return !told || told.deleted === (before ? 1 : 0);
  }
  const holds = casHolds(deed, before as Pair | null);
  if (told && told.succeeded !== holds) return false;
  return holds ? put(deed.value) : seen();
}

function assertOrderIsTrue(lived: readonly Lived[], order: readonly KvOperation[]): void {
  const pairs: Record<string, Guess> = {};
  let callsUntil = -1;
  const missing = new Set(lived.filter(({ told }) => told !== null));
  for (const { requestId } of order) {
    const one = lived[requestId]!;
    assert(one.returnedAt === null || one.returnedAt > callsUntil, "the order respects time");
    callsUntil = Math.max(callsUntil, one.invokedAt);
    assert(fits(one, pairs), `operation ${requestId} is true at its place`);
    missing.delete(one);
  }
  assert.equal(missing.size, 0, "every answered operation has its place");
}

// --- Tests --------------------------------------------------------------------------------------------------------

Deno.test("the judge agrees with one who tries every order, on 6000 small histories", () => {
  const counts = { linearizable: 0, violation: 0 };
  for (let seed = 1; seed <= 6000; seed++) {
    const prng = new Prng(seed);
    // Comparisons of revisions are judged exactly only where every write was answered.
    const withMod = seed % 3 === 0;
    const true_ = liveThrough(prng, {
      clientCount: prng.between(2, 4),
      operationCount: prng.between(3, 7),
      keyCount: prng.between(1, 2),
      unknownPerMille: withMod ? 0 : 250,
      casBy: withMod ? ["mod", "value"] : ["value", "version"],
    });
    const lived = seed % 4 === 0 ? true_ : spoil(prng, true_);
    const expected = someOrderIsTrue(lived);

    const verdict = checkLinearizable(kvModel, lived.map(operationOf));

    assert.equal(verdict.kind, expected ? "linearizable" : "violation", `seed ${seed}`);
    if (seed % 4 === 0) assert(expected, `seed ${seed} was true by construction`);
    if (verdict.kind === "linearizable") assertOrderIsTrue(lived, verdict.order);
    if (verdict.kind === "violation" && !withMod) {
      assertFirstViolation(lived, verdict.operation.requestId, seed);
    }
    counts[verdict.kind as keyof typeof counts] += 1;
  }
  assert(counts.violation > 1000 && counts.linearizable > 2000, JSON.stringify(counts));
});

/** All that was answered before the named operation can be true; with its answer it cannot. */
function assertFirstViolation(lived: readonly Lived[], place: number, seed: number): void {
  const until = lived[place]!.returnedAt!;
  const keys = new Set([lived[place]!.deed.key]);
  const upTo = (last: number) =>
    lived.filter(({ invokedAt, deed }) => invokedAt <= until && keys.has(deed.key))
      .map((one) => one.returnedAt !== null && one.returnedAt > last ? { ...one, told: null } : one);
  assert(!someOrderIsTrue(upTo(until)), `seed ${seed}: the prefix offends`);
  assert(someOrderIsTrue(upTo(until - 1)), `seed ${seed}: no shorter prefix offends`);
}

Deno.test("true histories of thousands of operations pass, with lost answers and compared revisions", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const lived = liveThrough(new Prng(seed), {
      clientCount: 8,
      operationCount: 3000,
      keyCount: 6,
      unknownPerMille: 20,
      casBy: ["mod", "value", "version"],
    });

    const verdict = checkLinearizable(kvModel, lived.map(operationOf));

    assert.equal(verdict.kind, "linearizable", `seed ${seed}`);
    if (verdict.kind === "linearizable") assert(verdict.order.length >= 2800);
  }
});

Deno.test("the model that numbers changes judges true histories true, and is never milder than the other", () => {
  const counts = { linearizable: 0, violation: 0 };
  for (let seed = 1; seed <= 4000; seed++) {
    const prng = new Prng(seed);
    const true_ = liveThrough(prng, {
      clientCount: prng.between(2, 4),
      operationCount: prng.between(3, 12),
      keyCount: prng.between(1, 3),
      unknownPerMille: 250,
      casBy: ["mod", "value", "version"],
    });
    const lived = seed % 2 === 0 ? true_ : spoil(prng, true_);
    const operations = lived.map(operationOf);

    const verdict = checkLinearizable(revisionModel(), operations);

    const { learn: _, ...unaided } = revisionModel();
    assert.equal(
      verdict.kind,
      checkLinearizable(unaided, operations).kind,
      `seed ${seed}: what is learnt changes nothing`,
    );
    if (seed % 2 === 0) assert.equal(verdict.kind, "linearizable", `seed ${seed} was true by construction`);
    if (verdict.kind === "linearizable") {
      assert.equal(checkLinearizable(kvModel, operations).kind, "linearizable", `seed ${seed}`);
    }
    counts[verdict.kind as keyof typeof counts] += 1;
  }
  assert(counts.violation > 500, JSON.stringify(counts));
});

Deno.test("a read that missed an acknowledged write is named, and nothing after it", () => {
  const told = (pair: Pair | null, revision: number): Told => ({
    pair,
    revision,
    deleted: 0,
    succeeded: false,
  });
  const one: Pair = { value: "1", version: 1, mod: 2, create: 2 };
  const lived: Lived[] = [
    { deed: { kind: "put", key: "x", value: "1" }, invokedAt: 1, returnedAt: 2, told: told(null, 2) },
    { deed: { kind: "put", key: "x", value: "2" }, invokedAt: 3, returnedAt: 4, told: told(null, 3) },
    { deed: { kind: "get", key: "y" }, invokedAt: 5, returnedAt: 6, told: told(null, 3) },
    { deed: { kind: "get", key: "x" }, invokedAt: 7, returnedAt: 8, told: told(one, 2) },
    { deed: { kind: "get", key: "x" }, invokedAt: 9, returnedAt: 10, told: told(null, 3) },
  ];

  const verdict = checkLinearizable(kvModel, lived.map(operationOf));

  assert.equal(verdict.kind, "violation");
  if (verdict.kind !== "violation") return;
  assert.equal(verdict.operation.requestId, 3);
  assert.deepEqual(verdict.prefix.map(({ requestId }) => requestId), [0, 1, 3]);
  assert.deepEqual(verdict.orderWithout.map(({ requestId }) => requestId), [0, 1]);
});

Deno.test("a search that runs out of budget says so instead of guessing", () => {
  const lived = liveThrough(new Prng(1), {
    clientCount: 6,
    operationCount: 200,
    keyCount: 1,
    unknownPerMille: 100,
    casBy: ["value"],
  });

  const verdict = checkLinearizable(kvModel, lived.map(operationOf), 100);

  assert.deepEqual(verdict, { kind: "unknown", why: "budget of 100 steps exhausted" });
});

Deno.test("a history tells certain refusals from open ends, and the model leaves out what it cannot judge", () => {
  const history = new ClientHistory();
  const member = memberIdOf(1);
  const x = utf8("x");
  const ask = (requestId: number, request: ClientOperation["request"]) =>
    history.invoked({ requestId, member, request, atMs: 10 * requestId });
  const header = { clusterId: "0000000000000001", memberId: member, revision: 2, raftTerm: 2 } as never;

  ask(1, putRequest({ key: x, value: utf8("1") }));
  ask(2, putRequest({ key: x, value: utf8("2") }));
  ask(3, putRequest({ key: x, value: utf8("3") }));
  ask(4, rangeRequest({ key: x, serializable: true }));
  ask(5, putRequest({ key: utf8(""), value: x }));
  history.returned(1, { kind: "ok", header, result: { kind: "put", revision: 2, prevKv: null } }, 55);
  history.returned(2, ETCD_ERRORS.timeout, 56);
  history.returned(3, otherError("connection refused", "unavailable"), 57);
  history.returned(5, ETCD_ERRORS.emptyKey, 58);
  history.returned(99, ETCD_ERRORS.timeout, 59);

  const copy = new ClientHistory(history.capture());
  assert.deepEqual(
    copy.operations.map(({ outcome }) => outcome),
    ["ok", "unknown", "failed", "waiting", "failed"],
  );
  assert.equal(copy.operation(2)!.returnedAtMs, 56);
  assert.equal(checkHistory(copy.operations).kind, "linearizable");
  ask(6, deleteRangeRequest({ key: x, rangeEnd: utf8("y") }));
  assert.deepEqual(checkHistory(history.operations), {
    kind: "unknown",
    why: "request 6 (deleteRange) is beyond the model",
  });
  const judged = kvOperations(copy.operations);
  assert.deepEqual(judged.map(({ requestId, returnedAt }) => [requestId, returnedAt]), [[1, 5], [2, null]]);
});
