// Judges the clients' history, key by key. Loaded with the drawer that shows it.

import { toHex, utf8 } from "../../core/base/bytes.ts";
import { isEtcdError } from "../../core/base/etcd_error.ts";
import { kvModel, type KvOperation, kvOperations } from "../../core/check/kv_model.ts";
import { checkLinearizable } from "../../core/check/linearizability.ts";
import type { KeyValue, RangeResponse } from "../../core/kv/requests.ts";
import type { DeskOperation } from "./client_desk.svelte.ts";

export type KeyVerdict =
  /** `order`: request ids in one order in which every answer is true. */
  | { readonly kind: "linearizable"; readonly order: readonly number[] }
  | { readonly kind: "violation"; readonly requestId: number; readonly order: readonly number[] }
  | { readonly kind: "unknown"; readonly why: "middle" | "many" | "beyond" };

/** Steps of the search for one key: well under a frame. */
const STEPS_MAX = 40_000;
/** Operations on one key that are judged; from the newest read before that on. */
const JUDGED_MAX = 200;

/** The keys that single operations speak of, newest first. */
export function keysOf(operations: readonly DeskOperation[]): readonly string[] {
  const keys = new Set<string>();
  for (let at = operations.length - 1; at >= 0; at--) {
    const key = keyOf(operations[at]!);
    if (key !== null) keys.add(key);
  }
  return [...keys];
}

/** The single key of a put, a deletion or a read; null for everything else. */
export function keyOf({ request }: DeskOperation): string | null {
  switch (request.kind) {
    case "put":
      return textOf(request.key);
    case "range":
    case "deleteRange":
      return request.rangeEnd.length === 0 ? textOf(request.key) : null;
    default:
      return null;
  }
}

/**
 * Whether the answers about one key can all be true.
 * @param operations every operation of the history, in order of invocation.
 * @param baseline the keys before it; "empty" for a cluster that began here, null where nobody knows.
 */
export function judgeKey(
  key: string,
  operations: readonly DeskOperation[],
  baseline: RangeResponse | "empty" | null,
  isCut: boolean,
): KeyVerdict {
  // A transaction or a range deletion may touch this key among others: then the key cannot be judged alone.
  if (operations.some(({ request, outcome }) => outcome !== "failed" && touchesMore(request))) {
    return { kind: "unknown", why: "beyond" };
  }
  const own = operations.filter((operation) => keyOf(operation) === key);
  const known = baseline === "empty" ? null : baseline?.kvs.find((kv) => textOf(kv.key) === key) ?? null;
  let start = { state: stateOf(key, known), operations: own as readonly DeskOperation[] };
  if (baseline === null || isCut || own.length > JUDGED_MAX) {
    const rebased = fromARead(key, own);
    if (rebased === null) return { kind: "unknown", why: own.length > JUDGED_MAX ? "many" : "middle" };
    start = rebased;
  }
  const judged = kvOperations(start.operations);
  const verdict = checkLinearizable({ ...kvModel, initial: start.state }, judged, STEPS_MAX);
  switch (verdict.kind) {
    case "linearizable":
      return { kind: "linearizable", order: verdict.order.map(idOf) };
    case "violation":
      return {
        kind: "violation",
        requestId: verdict.operation.requestId,
        order: verdict.orderWithout.map(idOf),
      };
    case "unknown":
      return { kind: "unknown", why: "many" };
  }
}

type KeyStates = typeof kvModel.initial;

/**
 * Begins the history at an answered linearizable read: it tells the key as it was at its revision, so every operation
 * with an answer at or before that revision had taken effect, and everything else is still to be judged.
 */
function fromARead(
  key: string,
  operations: readonly DeskOperation[],
): { readonly state: KeyStates; readonly operations: readonly DeskOperation[] } | null {
  const earliest = Math.max(0, operations.length - JUDGED_MAX);
  const read = operations.find(({ request, response }, at) =>
    at >= earliest && request.kind === "range" && !request.serializable && request.revision === 0 &&
    response !== null && !isEtcdError(response)
  );
  const revision = read === undefined ? null : revisionOf(read);
  if (read === undefined || revision === null) return null;
  const { response } = read;
  if (response === null || isEtcdError(response) || response.result.kind !== "range") return null;
  return {
    state: stateOf(key, response.result.kvs[0] ?? null),
    operations: operations.filter((operation) => {
      const own = revisionOf(operation);
      return own === null || own > revision;
    }),
  };
}

function revisionOf({ response }: DeskOperation): number | null {
  if (response === null || isEtcdError(response)) return null;
  return "revision" in response.result ? response.result.revision : null;
}

function stateOf(key: string, kv: KeyValue | null): KeyStates {
  if (kv === null) return new Map();
  const { value, version, modRevision, createRevision } = kv;
  return new Map([[
    toHex(utf8(key)),
    { value: toHex(value), version, mod: modRevision, create: createRevision },
  ]]);
}

function touchesMore(request: DeskOperation["request"]): boolean {
  return request.kind === "txn" || (request.kind === "deleteRange" && request.rangeEnd.length > 0) ||
    (request.kind === "put" && (request.lease !== "" || request.ignoreValue || request.ignoreLease)) ||
    request.kind === "leaseRevoke";
}

const decoder = new TextDecoder();
function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function idOf({ requestId }: KvOperation): number {
  return requestId;
}
