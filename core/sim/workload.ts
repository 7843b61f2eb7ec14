// Clients of a simulated cluster: each asks one thing at a time, of a member it picks, and remembers what it was told.
// Every value written is unique, so that what is read tells which write it came from.

import { fromUtf8, utf8 } from "../base/bytes.ts";
import { clonePlain } from "../base/clone.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import { Prng, type PrngState } from "../base/prng.ts";
import { compare, deleteRangeRequest, putRequest, rangeRequest, txnRequest } from "../kv/requests.ts";
import type { ClientRequest, ClientResponse } from "../member/io.ts";
import type { ClusterSim, SimObserver } from "./cluster_sim.ts";

export interface WorkloadPlan {
  readonly clientCount: number;
  readonly keyCount: number;
  /** Thinking time between an answer and the next request. */
  readonly pauseMsMax: number;
  /** Relative frequencies. */
  readonly mix: { readonly put: number; readonly get: number; readonly cas: number; readonly del: number };
}

export type WorkloadOp =
  | { readonly kind: "put"; readonly key: string; readonly value: string }
  | { readonly kind: "get"; readonly key: string }
  /** Writes `value` if the key was last changed at `expected` (0: does not exist). */
  | { readonly kind: "cas"; readonly key: string; readonly expected: Revision; readonly value: string }
  | { readonly kind: "del"; readonly key: string };

/** One request and what its client learned. */
export interface WorkloadRecord {
  readonly requestId: number;
  readonly client: number;
  readonly op: WorkloadOp;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number | null;
  /** "unknown": no answer, or one that leaves open whether it happened. */
  readonly outcome:
    | {
      readonly kind: "ok";
      readonly revision: Revision;
      readonly value: string | null;
      readonly applied: boolean;
    }
    | { readonly kind: "refused"; readonly why: string }
    | { readonly kind: "unknown"; readonly why: string }
    | null;
}

export interface WorkloadState {
  readonly prng: PrngState;
  readonly records: readonly WorkloadRecord[];
  readonly waiting: readonly (readonly [number, number])[];
  readonly modRevisions: readonly (readonly [string, Revision])[];
  readonly nextValue: number;
  readonly active: boolean;
}

export class Workload implements SimObserver {
  readonly #plan: WorkloadPlan;
  readonly #prng: Prng;
  #sim: ClusterSim | null = null;
  #records: WorkloadRecord[] = [];
  /** Request number to place in `#records`. */
  #waiting = new Map<number, number>();
  /** Last seen mod revision of each key, for compare-and-swap. */
  #modRevisions = new Map<string, Revision>();
  #nextValue = 1;
  #active = true;

  constructor(plan: WorkloadPlan, seed: number, from?: WorkloadState) {
    this.#plan = plan;
    this.#prng = new Prng(from ? from.prng : seed);
    if (!from) return;
    this.#records = [...from.records];
    this.#waiting = new Map(from.waiting);
    this.#modRevisions = new Map(from.modRevisions);
    this.#nextValue = from.nextValue;
    this.#active = from.active;
  }

  capture(): WorkloadState {
    return clonePlain({
      prng: this.#prng.state(),
      records: this.#records,
      waiting: [...this.#waiting],
      modRevisions: [...this.#modRevisions],
      nextValue: this.#nextValue,
      active: this.#active,
    });
  }

  get records(): readonly WorkloadRecord[] {
    return this.#records;
  }

  attach(sim: ClusterSim, resumed = false): void {
    this.#sim = sim;
    if (resumed) return;
    for (let client = 0; client < this.#plan.clientCount; client++) this.#planNext(client);
  }

  /** Clients send nothing new; answers still arrive. */
  stop(): void {
    this.#active = false;
  }

  onPlan(owner: string, what: string): void {
    if (owner !== "workload" || !this.#active) return;
    this.#send(Number(what));
  }

  onResponse(requestId: number, response: ClientResponse): void {
    const place = this.#waiting.get(requestId);
    if (place === undefined) return;
    this.#waiting.delete(requestId);
    const record = this.#records[place]!;
    this.#records[place] = {
      ...record,
      returnedAtMs: this.#sim!.nowMs,
      outcome: this.#outcomeOf(record.op, response),
    };
    this.#planNext(record.client);
  }

  #planNext(client: number): void {
    this.#sim!.planFor("workload", this.#prng.below(this.#plan.pauseMsMax + 1), String(client));
  }

  #send(client: number): void {
    const sim = this.#sim!;
    const op = this.#drawOp(client);
    const requestId = sim.request(this.#prng.pick(sim.ids), requestOf(op));
    this.#waiting.set(requestId, this.#records.length);
    this.#records.push({ requestId, client, op, invokedAtMs: sim.nowMs, returnedAtMs: null, outcome: null });
  }

  #drawOp(client: number): WorkloadOp {
    const { mix, keyCount } = this.#plan;
    const key = `k${this.#prng.below(keyCount)}`;
    const value = `c${client}-${this.#nextValue++}`;
    const draw = this.#prng.below(mix.put + mix.get + mix.cas + mix.del);
    if (draw < mix.put) return { kind: "put", key, value };
    if (draw < mix.put + mix.get) return { kind: "get", key };
    if (draw < mix.put + mix.get + mix.cas) {
      return { kind: "cas", key, expected: this.#modRevisions.get(key) ?? 0, value };
    }
    return { kind: "del", key };
  }

  #outcomeOf(op: WorkloadOp, response: ClientResponse): WorkloadRecord["outcome"] {
    if (isEtcdError(response)) {
      // A timeout or a broken connection says nothing about what became of the request.
      const refused = response.message === "connection refused" || response.code === "resourceExhausted";
      return { kind: refused || op.kind === "get" ? "refused" : "unknown", why: response.message };
    }
    const { result, header } = response;
    const revision = "revision" in result ? result.revision : header.revision;
    let value: string | null = null;
    let applied = true;
    if (result.kind === "range") {
      const kv = result.kvs[0];
      value = kv ? fromUtf8(kv.value) : null;
      this.#modRevisions.set(op.key, kv?.modRevision ?? 0);
    } else if (result.kind === "txn") applied = result.succeeded;
    else if (result.kind === "deleteRange") applied = result.deleted > 0;
    return { kind: "ok", revision, value, applied };
  }
}

function requestOf(op: WorkloadOp): ClientRequest {
  const key = utf8(op.key);
  switch (op.kind) {
    case "put":
      return putRequest({ key, value: utf8(op.value) });
    case "get":
      return rangeRequest({ key });
    case "del":
      return deleteRangeRequest({ key });
    case "cas":
      return txnRequest({
        compare: [compare({ key, target: { kind: "mod", value: op.expected } })],
        success: [putRequest({ key, value: utf8(op.value) })],
      });
  }
}
