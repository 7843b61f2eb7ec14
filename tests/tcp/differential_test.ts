// A random script of calls against a real etcd and a member, over gRPC and over the JSON gateway: every answer must be the
// same, and so must everything that a watch tells afterwards. Ids of cluster and member, terms and remaining times differ
// by nature and are left out.
//
//   deno test -A tests/tcp/differential_test.ts                       a few hundred calls: a fixed seed and a fresh one
//   deno test -A tests/tcp/differential_test.ts -- --calls 5000       more of them
//   deno test -A tests/tcp/differential_test.ts -- --seed 7           that very script

import assert from "node:assert/strict";
import {
  type DescMethodUnary,
  fromBinary,
  fromJson,
  type JsonObject,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { Prng } from "../../core/base/prng.ts";
import { Cluster, KV, Lease, Maintenance } from "../../core/wire/gen/rpc_pb.ts";
import { etcdTest, RealEtcd } from "../core/backend/real_etcd.ts";
import { GrpcClient, GrpcError } from "./grpc_client.ts";
import { eventually, freePorts, withCluster } from "./member_process.ts";

interface Call {
  readonly method: DescMethodUnary;
  /** Below /v3/. */
  readonly path: string;
  readonly body: JsonObject;
}

/** How answers may differ, and why that is right. A difference that no row explains fails the test. */
const DIFFERENCES: readonly {
  readonly why: string;
  explains(call: Call, etcd: Answer, ours: Answer): boolean;
}[] = [
  {
    why: "etcd lists a lease's keys as a Go map happens to yield them, we in their order",
    explains: ({ method }, etcd, ours) =>
      method === Lease.method.leaseTimeToLive && isEqual(withSortedKeys(etcd), withSortedKeys(ours)),
  },
];

const CALL_COUNT = Number(argument("--calls") ?? 300);
const FIXED_SEED = 20_260_704;
const FRESH_SEED = crypto.getRandomValues(new Uint32Array(1))[0]!;
const SEEDS = argument("--seed") === null ? [FIXED_SEED, FRESH_SEED] : [Number(argument("--seed"))];

for (const [i, seed] of SEEDS.entries()) {
  const which = SEEDS.length === 1 ? "the given seed" : ["a fixed seed", "a fresh seed"][i]!;
  etcdTest(`a member answers a random script as a real etcd does: ${which}`, async (directory) => {
    await using etcd = await new RealEtcd("default", `${directory}/etcd`).start();
    await withCluster(freePorts(1), {}, async ({ endpoints: [endpoint] }) => {
      await compare({ seed, etcd: etcd.endpoint, ours: endpoint! });
    });
  });
}

async function compare({ seed, etcd, ours }: { seed: number; etcd: string; ours: string }): Promise<void> {
  const prng = new Prng(seed);
  const clients = [new GrpcClient(etcd), new GrpcClient(ours)];
  await eventually("etcd answers", async () => (await overJson(etcd, LOOK)) ?? null);
  const writer = new ScriptWriter(prng);
  try {
    for (let at = 0; at < CALL_COUNT; at++) {
      const call = writer.next();
      const overGrpcNow = prng.chance(500);
      const [theirs, own] = await Promise.all(
        [etcd, ours].map((endpoint, i) =>
          overGrpcNow ? overGrpc(clients[i]!, call) : overJson(endpoint, call)
        ),
      ) as [Answer, Answer];
      writer.heard(theirs);
      if (isEqual(theirs, own) || DIFFERENCES.some((row) => row.explains(call, theirs, own))) continue;
      const how = overGrpcNow ? "gRPC" : "JSON";
      assert.deepEqual(
        own,
        theirs,
        `seed ${seed}, call ${at} over ${how}: ${call.path} ${JSON.stringify(call.body)}`,
      );
    }
    const from = Math.max(1, writer.compactRevision);
    const [theirs, own] = await Promise.all([etcd, ours].map((one) => history(one, from, writer.revision)));
    assert.deepEqual(own, theirs, `seed ${seed}: the watch from ${from}`);
  } finally {
    for (const client of clients) client.close();
  }
}

// --- The script ------------------------------------------------------------------------------------------------

const LOOK: Call = { method: KV.method.range, path: "kv/range", body: { key: btoa("a") } };
const KEYS = ["a", "b", "c", "d", "e", "ab", "ba"];
const LEASES = ["1", "2", "7751717473670557963"];

class ScriptWriter {
  readonly #prng: Prng;
  revision = 1;
  compactRevision = 0;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /** Keeps up with the store, so that the script asks for revisions near those that there are. */
  heard(answer: Answer): void {
    const revision = Number((answer.body as { header?: { revision?: string } }).header?.revision ?? 0);
    this.revision = Math.max(this.revision, revision);
  }

  next(): Call {
    const drawn = this.#below(100);
    if (drawn < 30) return { method: KV.method.put, path: "kv/put", body: this.#put({ mayKeep: true }) };
    if (drawn < 55) return { method: KV.method.range, path: "kv/range", body: this.#range() };
    if (drawn < 63) return { method: KV.method.deleteRange, path: "kv/deleterange", body: this.#delete() };
    if (drawn < 83) return { method: KV.method.txn, path: "kv/txn", body: this.#txn(2) };
    if (drawn < 86) return this.#compaction();
    if (drawn < 98) return this.#lease();
    if (drawn < 99) return { method: Maintenance.method.alarm, path: "maintenance/alarm", body: {} };
    return { method: Cluster.method.memberRemove, path: "cluster/member/remove", body: { ID: "77" } };
  }

  /**
   * @param mayKeep ask for the old value or lease to be kept. Never inside a transaction: where an earlier operation of
   * the same one has deleted the key, etcd 3.4 dies of it.
   */
  #put({ mayKeep }: { mayKeep: boolean }): JsonObject {
    const body: JsonObject = { key: this.#key() };
    if (this.#maybe(8, 10)) body.value = btoa(String(this.#below(5)));
    if (this.#maybe(1, 4)) body.lease = this.#pick(LEASES);
    if (this.#maybe(1, 4)) body.prev_kv = true;
    if (mayKeep && this.#maybe(1, 12)) body.ignore_value = true;
    if (mayKeep && this.#maybe(1, 12)) body.ignore_lease = true;
    return body;
  }

  #range(): JsonObject {
    const body: JsonObject = this.#span();
    if (this.#maybe(1, 3)) body.revision = String(this.#someRevision());
    if (this.#maybe(1, 4)) body.limit = String(this.#below(4));
    if (this.#maybe(1, 2)) body.sort_order = this.#pick(["NONE", "ASCEND", "DESCEND"]);
    if (this.#maybe(1, 2)) body.sort_target = this.#pick(["KEY", "VERSION", "CREATE", "MOD", "VALUE"]);
    if (this.#maybe(1, 6)) body.keys_only = true;
    if (this.#maybe(1, 6)) body.count_only = true;
    if (this.#maybe(1, 3)) body.serializable = true;
    for (
      const bound of ["min_mod_revision", "max_mod_revision", "min_create_revision", "max_create_revision"]
    ) {
      if (this.#maybe(1, 8)) body[bound] = String(this.#someRevision());
    }
    return body;
  }

  #delete(): JsonObject {
    return { ...this.#span(), ...(this.#maybe(1, 2) ? { prev_kv: true } : {}) };
  }

  #txn(depth: number): JsonObject {
    const list = (countMax: number, make: () => JsonObject) =>
      Array.from({ length: this.#below(countMax + 1) }, make);
    return {
      compare: list(2, () => this.#compare()),
      success: list(3, () => this.#operation(depth)),
      failure: list(3, () => this.#operation(depth)),
    };
  }

  #compare(): JsonObject {
    const result = this.#pick(["EQUAL", "GREATER", "LESS", "NOT_EQUAL"]);
    const key = this.#maybe(3, 4) ? { key: this.#key() } : this.#span();
    switch (this.#below(5)) {
      case 0:
        return { ...key, result, target: "VERSION", version: String(this.#below(3)) };
      case 1:
        return { ...key, result, target: "CREATE", create_revision: String(this.#below(this.revision + 2)) };
      case 2:
        return { ...key, result, target: "MOD", mod_revision: String(this.#someRevision()) };
      case 3:
        return { ...key, result, target: "LEASE", lease: this.#pick(["0", ...LEASES]) };
      default:
        return { ...key, result, target: "VALUE", value: btoa(String(this.#below(5))) };
    }
  }

  #operation(depth: number): JsonObject {
    const drawn = this.#below(10);
    if (drawn < 4) return { request_put: this.#put({ mayKeep: false }) };
    if (drawn < 7) return { request_range: this.#range() };
    if (drawn < 9 || depth === 0) return { request_delete_range: this.#delete() };
    return { request_txn: this.#txn(depth - 1) };
  }

  #compaction(): Call {
    const revision = this.#maybe(1, 3) ? this.#someRevision() : Math.max(1, this.revision - this.#below(30));
    if (revision <= this.revision) this.compactRevision = Math.max(this.compactRevision, revision);
    const body: JsonObject = { revision: String(revision), physical: this.#maybe(1, 2) };
    return { method: KV.method.compact, path: "kv/compaction", body };
  }

  #lease(): Call {
    const ID = this.#pick([...LEASES, "0"]);
    switch (this.#below(4)) {
      case 0:
        return {
          method: Lease.method.leaseGrant,
          path: "lease/grant",
          body: { ID: this.#pick(LEASES), TTL: this.#pick(["3000", "5000", "9000000001"]) },
        };
      case 1:
        return { method: Lease.method.leaseRevoke, path: "lease/revoke", body: { ID } };
      case 2:
        return {
          method: Lease.method.leaseTimeToLive,
          path: "lease/timetolive",
          body: { ID: this.#pick(LEASES), keys: this.#maybe(1, 2) },
        };
      default:
        return { method: Lease.method.leaseLeases, path: "lease/leases", body: {} };
    }
  }

  #span(): JsonObject {
    switch (this.#below(5)) {
      case 0:
        return { key: btoa("\0"), range_end: btoa("\0") };
      case 1:
        return { key: btoa("a"), range_end: btoa("b") };
      case 2:
        return { key: this.#key(), range_end: this.#key() };
      default:
        return { key: this.#key() };
    }
  }

  /** Now and then no key at all. */
  #key(): string {
    return this.#maybe(1, 40) ? "" : btoa(this.#pick(KEYS));
  }

  /** Mostly one that can be read, sometimes a compacted one or a future one. */
  #someRevision(): number {
    return Math.max(0, this.revision + 3 - this.#below(40));
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  #below(count: number): number {
    return this.#prng.below(count);
  }

  #maybe(part: number, whole: number): boolean {
    return this.#below(whole) < part;
  }
}

// --- The two ways to ask ---------------------------------------------------------------------------------------

interface Answer {
  /** 0 for an answer, otherwise gRPC's code. */
  readonly code: number;
  readonly body: unknown;
}

async function overGrpc(client: GrpcClient, { method, body }: Call): Promise<Answer> {
  const path = `/${method.parent.typeName}/${method.name}`;
  try {
    const bytes = await client.raw(path, toBinary(method.input, fromJson(method.input, body)));
    const message = fromBinary(method.output, bytes);
    return { code: 0, body: normal(toJson(method.output, message, { useProtoFieldName: true })) };
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    return { code: error.code, body: { message: error.message } };
  }
}

async function overJson(endpoint: string, { path, body }: Call): Promise<Answer> {
  const response = await fetch(`http://${endpoint}/v3/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.status === 200) return { code: 0, body: normal(answer) };
  return {
    code: answer.code,
    body: { status: response.status, message: answer.message, error: answer.error },
  };
}

/** Every response of a watch over everything, until it has told of the last revision. */
async function history(endpoint: string, from: number, to: number): Promise<unknown[]> {
  const body = {
    create_request: { key: btoa("\0"), range_end: btoa("\0"), start_revision: from, prev_kv: true },
  };
  const response = await fetch(`http://${endpoint}/v3/watch`, { method: "POST", body: JSON.stringify(body) });
  const events: { kv: { mod_revision: string } }[] = [];
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines) events.push(...(JSON.parse(line).result.events ?? []));
    if (Number(events.at(-1)?.kv.mod_revision ?? 0) >= to) break;
  }
  return events;
}

/** Without what differs by nature. */
function normal(value: unknown): unknown {
  const { header, TTL: _remaining, leases, ...rest } = value as {
    header?: { revision?: string };
    TTL?: unknown;
    leases?: { ID: string }[];
  };
  return {
    ...rest,
    ...(header ? { header: { revision: header.revision ?? "0" } } : {}),
    // etcd lists them by what remains of their time.
    ...(leases ? { leases: leases.map(({ ID }) => ID).sort() } : {}),
  };
}

function withSortedKeys({ code, body }: Answer): Answer {
  const { keys = [], ...rest } = body as { keys?: readonly string[] };
  return { code, body: { ...rest, keys: [...keys].sort() } };
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

function argument(name: string): string | null {
  const at = Deno.args.indexOf(name);
  return at < 0 ? null : Deno.args[at + 1]!;
}
