// Aim: the store agrees, answer for answer, with a model too simple to be wrong: a list of everything ever written,
// searched from end to end. In the middle of each run the store is frozen and restored, encoded and decoded.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { Prng } from "../../../core/base/prng.ts";
import {
  type Compare,
  compare,
  deleteRangeRequest,
  FROM_KEY_END,
  KvStore,
  type KvWriteRequest,
  putRequest,
  type RangeRequest,
  rangeRequest,
  refusalOfTxnRequest,
  type RequestOp,
  type TxnRequest,
  txnRequest,
} from "../../../core/kv/mod.ts";
import { decoded } from "./kv_helpers.ts";

const SEEDS = 30;
const OPS_PER_SEED = 300;
const KEYS = ["a", "b", "ba", "c", "d"];
const LEASES = ["0000000000000001", "0000000000000080", "ffffffffffffff00"];
const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);

interface Version {
  key: string;
  value: string;
  create: number;
  mod: number;
  version: number;
  lease: string;
}

/** Text answers, so that a difference reads well. */
class Model {
  versions: Version[] = [];
  leases = new Set<string>();
  revision = 1;
  compacted = -1;

  inRange(key: string, key0: Uint8Array, end: Uint8Array): boolean {
    const from = latin1(key0);
    if (end.length === 0) return key === from;
    return key >= from && (latin1(end) === "\0" || key < latin1(end));
  }

  live(key: Uint8Array, end: Uint8Array, revision: number): Version[] {
    const found: Version[] = [];
    for (const name of KEYS) {
      const newest = this.versions.findLast((v) => v.key === name && v.mod <= revision);
      if (newest !== undefined && newest.version > 0 && this.inRange(name, key, end)) found.push(newest);
    }
    return found;
  }

  range(request: RangeRequest, now: number): string {
    if (request.revision > now) return "future";
    const revision = request.revision <= 0 ? now : request.revision;
    if (revision < this.compacted) return "compacted";
    const all = this.live(request.key, request.rangeEnd, revision);
    if (request.countOnly) return ` ${all.length} @${now}`;
    const kvs = all.filter((v) =>
      v.mod >= request.minModRevision && v.mod <= (request.maxModRevision || Infinity) &&
      v.create >= request.minCreateRevision && v.create <= (request.maxCreateRevision || Infinity)
    );
    const isFiltered = request.minModRevision + request.maxModRevision + request.minCreateRevision +
        request.maxCreateRevision > 0;
    const early = request.limit > 0 && request.sortOrder === "none" && !isFiltered;
    const seen = early ? kvs.slice(0, request.limit + 1) : kvs;
    const sign = request.sortOrder === "descend" ? -1 : 1;
    const { sortTarget } = request;
    if (request.sortOrder !== "none" || sortTarget !== "key") {
      seen.sort((a, b) => a[sortTarget] < b[sortTarget] ? -sign : a[sortTarget] > b[sortTarget] ? sign : 0);
    }
    const cut = request.limit > 0 ? seen.slice(0, request.limit) : seen;
    const shown = cut.map((v) => kvText(request.keysOnly ? { ...v, value: "" } : v));
    return `${shown.join(" ")} ${cut.length < seen.length ? "more " : ""}${all.length} @${now}`;
  }

  holds(c: Compare): boolean {
    const live = this.live(c.key, c.rangeEnd, this.revision);
    if (live.length === 0 && c.target.kind === "value") return false;
    const zero = { key: "", value: "", create: 0, mod: 0, version: 0, lease: "" };
    return (live.length === 0 ? [zero] : live).every((v) => {
      const number = (id: string) => id === "" ? 0n : BigInt.asIntN(64, BigInt("0x" + id));
      const [have, want] = c.target.kind === "value"
        ? [v.value, latin1(c.target.value)]
        : c.target.kind === "lease"
        ? [number(v.lease), number(c.target.value)]
        : [v[c.target.kind], c.target.value];
      const order = have < want ? "less" : have > want ? "greater" : "equal";
      return c.result === "notEqual" ? order !== "equal" : order === c.result;
    });
  }

  /** The operations that the transaction comes to, in order, with marks where nested ones begin and end. */
  chosen(txn: TxnRequest): (RequestOp | string)[] {
    const holds = txn.compare.every((c) => this.holds(c));
    const ops = (holds ? txn.success : txn.failure).flatMap((op) =>
      op.kind === "txn" ? this.chosen(op) : [op]
    );
    return [`${holds}(`, ...ops, ")"];
  }

  apply(request: KvWriteRequest): string {
    if (request.kind === "compact") {
      if (request.revision <= this.compacted) return "compacted";
      if (request.revision > this.revision) return "future";
      this.compacted = request.revision;
      return `compact @${this.revision}`;
    }
    if (request.kind === "leaseGrant") {
      if (this.leases.has(request.id)) return "lease exists";
      this.leases.add(request.id);
      return `granted @${this.revision}`;
    }
    const before = structuredClone(this.versions);
    const now = () => this.revision + (this.versions.length > before.length ? 1 : 0);
    const remove = (v: Version) =>
      this.versions.push({ key: v.key, value: "", create: 0, mod: this.revision + 1, version: 0, lease: "" });
    const one = (op: RequestOp | string): string => {
      if (typeof op === "string") return op;
      if (op.kind === "range") return this.range(op, now());
      if (op.kind === "txn") throw new Error("nested transactions are flat by now");
      const all = this.live(op.key, op.kind === "put" ? new Uint8Array(0) : op.rangeEnd, now());
      if (op.kind === "deleteRange") {
        all.forEach(remove);
        return `deleted ${all.length} ${op.prevKv ? all.map(kvText) : ""} @${now()}`;
      }
      const old = all[0];
      if ((op.ignoreValue || op.ignoreLease) && old === undefined) return "key not found";
      const lease = op.ignoreLease ? old!.lease : op.lease;
      this.versions.push({
        key: latin1(op.key),
        value: op.ignoreValue ? old!.value : latin1(op.value),
        create: old?.create ?? this.revision + 1,
        mod: this.revision + 1,
        version: (old?.version ?? 0) + 1,
        lease,
      });
      return `put ${op.prevKv && old !== undefined ? kvText(old) : ""} @${now()}`;
    };
    let answer: string;
    if (request.kind === "leaseRevoke") {
      if (!this.leases.delete(request.id)) return "lease not found";
      const all = this.live(utf8("a"), FROM_KEY_END, this.revision).filter((v) => v.lease === request.id);
      all.forEach(remove);
      answer = `revoked @${now()}`;
    } else {
      const ops = request.kind === "txn" ? this.chosen(request) : [request];
      const puts = ops.flatMap((op) => typeof op !== "string" && op.kind === "put" ? [op] : []);
      const ranges = ops.flatMap((op) => typeof op !== "string" && op.kind === "range" ? [op] : []);
      const lacksKey = (op: { ignoreValue: boolean; ignoreLease: boolean; key: Uint8Array }) =>
        (op.ignoreValue || op.ignoreLease) &&
        this.live(op.key, new Uint8Array(0), this.revision).length === 0;
      for (const op of puts) {
        const lacksLease = op.lease !== "" && !this.leases.has(op.lease);
        if (request.kind === "put" && lacksLease) return "lease not found";
        if (lacksKey(op)) return "key not found";
        if (lacksLease) return "lease not found";
      }
      for (const op of ranges) {
        if (op.revision !== 0 && op.revision > this.revision) return "future";
        if (op.revision !== 0 && op.revision < this.compacted) return "compacted";
      }
      const answers = ops.map(one);
      if (answers.includes("key not found")) {
        this.versions = before;
        return "key not found";
      }
      answer = answers.join(" ") + (request.kind === "txn" ? ` @${now()}` : "");
    }
    const written = this.versions.slice(before.length).map(eventText);
    if (written.length > 0) this.revision += 1;
    return [answer, ...written].join("\n");
  }

  /** Every change that compaction must have left, in order. */
  remaining(): Version[] {
    return this.versions.filter((v, i) =>
      v.mod > this.compacted ||
      (v.version > 0 && !this.versions.some((w, j) => j > i && w.key === v.key && w.mod <= this.compacted))
    );
  }
}

function kvText(v: Version): string {
  return `${v.key}=${v.value}/${v.create}/${v.mod}/${v.version}/${v.lease}`;
}

function eventText(v: Version): string {
  return `${v.version > 0 ? "put" : "delete"} ${kvText(v)}`;
}

type Answer = ReturnType<KvStore["range"]> | ReturnType<KvStore["apply"]>["response"];

function storeText(answer: Answer, isTop = true): string {
  const versionOf = (kv: Parameters<typeof versionFrom>[0]) => kvText(versionFrom(kv));
  switch (answer.kind) {
    case "error":
      return answer.message.match(/key not found|lease not found|future|compacted$/)?.[0] ?? "lease exists";
    case "range": {
      const { kvs, more, count, revision } = answer;
      const shown = kvs.map(versionOf).join(" ");
      return `${shown} ${more ? "more " : ""}${count} @${revision}`;
    }
    case "put":
      return `put ${answer.prevKv === null ? "" : versionOf(answer.prevKv)} @${answer.revision}`;
    case "deleteRange":
      return `deleted ${answer.deleted} ${answer.prevKvs.map(versionOf)} @${answer.revision}`;
    case "txn": {
      const inner = answer.responses.map((response) => storeText(response, false));
      return [`${answer.succeeded}(`, ...inner, ")"].join(" ") + (isTop ? ` @${answer.revision}` : "");
    }
    case "compact":
      return `compact @${answer.revision}`;
    case "leaseGrant":
      return `granted @${answer.revision}`;
    case "leaseRevoke":
      return `revoked @${answer.revision}`;
  }
}

function versionFrom(kv: NonNullable<ReturnType<KvStore["keyValueAt"]>>): Version {
  const { createRevision: create, modRevision: mod, version, lease } = kv;
  return { key: latin1(kv.key), value: latin1(kv.value), create, mod, version, lease };
}

function randomRequests(prng: Prng, revision: () => number) {
  const key = () => utf8(prng.pick(KEYS));
  const end = () => prng.pick([utf8(""), utf8(""), FROM_KEY_END, key()]);
  const bound = () => prng.chance(100) ? Math.max(0, revision() - prng.below(10)) : 0;
  const list = <T>(countMax: number, make: () => T) => Array.from({ length: prng.below(countMax + 1) }, make);
  const range = () =>
    rangeRequest({
      key: key(),
      rangeEnd: end(),
      limit: prng.pick([0, 0, 1, 2]),
      revision: prng.chance(300) ? Math.max(0, revision() + 1 - prng.below(20)) : 0,
      sortOrder: prng.pick(["none", "none", "ascend", "descend"]),
      sortTarget: prng.pick(["key", "key", "version", "create", "mod", "value"]),
      keysOnly: prng.chance(100),
      countOnly: prng.chance(100),
      minModRevision: bound(),
      maxModRevision: bound(),
      minCreateRevision: bound(),
      maxCreateRevision: bound(),
    });
  const put = () =>
    putRequest({
      key: key(),
      value: utf8(prng.pick(["", "x", "y"])),
      lease: prng.pick(["", "", ...LEASES]),
      prevKv: prng.chance(300),
      ignoreValue: prng.chance(100),
      ignoreLease: prng.chance(100),
    });
  const remove = () => deleteRangeRequest({ key: key(), rangeEnd: end(), prevKv: prng.chance(300) });
  const condition = () =>
    compare({
      key: key(),
      rangeEnd: end(),
      result: prng.pick(["equal", "greater", "less", "notEqual"]),
      target: prng.pick<Compare["target"]>([
        { kind: "version", value: prng.below(3) },
        { kind: "create", value: Math.max(0, revision() - prng.below(5)) },
        { kind: "mod", value: Math.max(0, revision() - prng.below(5)) },
        { kind: "value", value: utf8(prng.pick(["", "x"])) },
        { kind: "lease", value: prng.pick(["", ...LEASES]) },
      ]),
    });
  const op = (depth: number): RequestOp => {
    const draw = prng.below(depth < 2 ? 8 : 7);
    return draw < 3 ? put() : draw < 5 ? remove() : draw < 7 ? range() : txn(depth + 1);
  };
  const txn = (depth: number): TxnRequest =>
    txnRequest({
      compare: list(2, condition),
      success: list(4, () => op(depth)),
      failure: list(4, () => op(depth)),
    });
  const write = (): KvWriteRequest => {
    const draw = prng.below(100);
    if (draw < 30) return put();
    if (draw < 45) return remove();
    if (draw < 88) return txn(0);
    if (draw < 92) return { kind: "compact", revision: revision() + 1 - prng.below(12), physical: false };
    const id = prng.pick(LEASES);
    return draw < 97 ? { kind: "leaseGrant", id, ttl: 60 } : { kind: "leaseRevoke", id };
  };
  return { range, write };
}

Deno.test(`the store agrees with a naive model over ${SEEDS} x ${OPS_PER_SEED} random requests`, () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const prng = new Prng(seed);
    const model = new Model();
    let store = new KvStore();
    const random = randomRequests(prng, () => model.revision);

    for (let i = 0; i < OPS_PER_SEED; i++) {
      const name = `seed ${seed}, request ${i}`;
      const reading = random.range();
      assert.equal(storeText(store.range(reading)), model.range(reading, model.revision), name);

      const writing = random.write();
      // A key is written once per revision: whoever asks for more is refused before consensus.
      if (writing.kind === "txn" && refusalOfTxnRequest(writing) !== null) continue;
      const { response, events } = store.apply(writing);
      const told = events.map(({ kind, kv }) => `${kind} ${kvText(versionFrom(kv))}`);
      assert.equal([storeText(response), ...told].join("\n"), model.apply(writing), name);
      assert.equal(store.revision, model.revision, name);

      if (i % 50 === 49) store = checkedCopy(store, model, name);
    }
  }
});

/** Checks what is seldom looked at, and goes on with a copy, made one way or the other. */
function checkedCopy(store: KvStore, model: Model, name: string): KvStore {
  const remaining = model.remaining();
  const live = model.live(utf8("a"), FROM_KEY_END, model.revision);
  assert.equal(store.recordCount, remaining.length, name);
  assert.equal(store.keyCount, live.length, name);
  assert.equal(store.compactRevision, model.compacted, name);
  const since = Math.max(store.compactRevision, model.revision - 20);
  const changes = [...store.changesSince(since)];
  assert.ok(changes.every(({ events }) => events.length > 0), name);
  assert.deepEqual(
    changes.flatMap(({ events }) => events.map(({ kv }) => kvText(versionFrom(kv)))),
    remaining.filter((v) => v.mod >= since).map(kvText),
    name,
  );
  for (const id of LEASES) {
    const keys = live.filter((v) => v.lease === id).map((v) => v.key);
    assert.deepEqual(store.leaseKeys(id).map(latin1), keys, name);
  }

  const keyframe = store.capture();
  const bytes = store.encode();
  const copies = [KvStore.restore(keyframe), decoded(bytes)] as const;
  // The copies and the original share nodes: what one does must not be seen by the others.
  store.apply(putRequest({ key: utf8("a"), value: utf8("astray") }));
  for (const copy of copies) {
    assert.deepEqual(copy.encode(), bytes, name);
    assert.deepEqual(copy.hashKv(), copies[0].hashKv(), name);
    assert.equal(copy.sizeBytes, copies[0].sizeBytes, name);
  }
  return copies[model.revision % 2]!;
}
