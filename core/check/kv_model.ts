// etcd's keys as one client after another would see them: the sequential specification that a history is held
// against. Written apart from core/kv on purpose, and far smaller, so that a mistake there is not repeated here.
//
// Two models. `kvModel` looks at each key by itself and does not number changes: a write that was answered is known by
// the revision of its answer; one whose outcome is unknown gets its revision from the first answer that speaks of it.
// Until then a comparison with its mod or create revision may turn out either way, which may let a false history pass,
// never fail a true one. `revisionModel` looks at the whole store and numbers its changes as etcd does: it demands
// more, and as every answer says where in that order it belongs, it is quick even where many outcomes are unknown.

import { isEtcdError } from "../base/etcd_error.ts";
import { toHex } from "../base/bytes.ts";
import type { Revision } from "../base/ids.ts";
import type {
  Compare,
  DeleteRangeRequest,
  KeyValue,
  PutRequest,
  RangeRequest,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from "../kv/requests.ts";
import type { ClientResult } from "../member/io.ts";
import type { ClientOperation } from "./history.ts";
import {
  checkLinearizable,
  type SequentialModel,
  type TimedOperation,
  type Verdict,
} from "./linearizability.ts";

/** One key's present version. `null`: the write's revision has not been learnt yet. */
interface KeyState {
  readonly value: string;
  readonly version: number;
  readonly mod: Revision | null;
  readonly create: Revision | null;
}

/** Keys and values in hex, so that no two byte strings are mistaken for each other. */
type KvState = ReadonlyMap<string, KeyState>;

type KvRequest = PutRequest | DeleteRangeRequest | RangeRequest | TxnRequest;

export interface KvOperation extends TimedOperation {
  readonly requestId: number;
  readonly request: KvRequest;
  /** Null when nobody knows whether it happened. */
  readonly result: ClientResult | null;
}

/**
 * Judges what clients saw of a whole cluster, by `revisionModel`. "unknown" also where some change may have been made
 * that the models do not know (leases, deletions of ranges, nested transactions).
 */
export function checkHistory(history: readonly ClientOperation[], stepsMax?: number): Verdict<KvOperation> {
  const beyond = history.find(({ request, outcome }) =>
    outcome !== "failed" && mayChange(request) && !isModelled(request)
  );
  if (beyond) {
    return {
      kind: "unknown",
      why: `request ${beyond.requestId} (${beyond.request.kind}) is beyond the model`,
    };
  }
  return checkLinearizable(revisionModel(), kvOperations(history), stepsMax);
}

function mayChange({ kind }: { readonly kind: string }): boolean {
  return ["put", "deleteRange", "txn", "leaseGrant", "leaseRevoke"].includes(kind);
}

/**
 * The operations of a history that the models can judge, in order of invocation. Left out: what certainly did not
 * happen, reads that were not answered, serializable reads (they promise no more than some past state), reads at a
 * revision, ranges over several keys, and requests that do not touch keys.
 */
export function kvOperations(history: readonly ClientOperation[]): readonly KvOperation[] {
  return history.flatMap((operation): KvOperation[] => {
    const { request, response, outcome, requestId, invokedAt } = operation;
    if (outcome === "failed" || !isModelled(request)) return [];
    const result = response && !isEtcdError(response) ? response.result : null;
    if (result === null && request.kind === "range") return [];
    return [{ requestId, request, result, invokedAt, returnedAt: result ? operation.returnedAt : null }];
  });
}

function isModelled(request: { readonly kind: string }): request is KvRequest {
  const op = request as KvRequest;
  switch (op.kind) {
    case "put":
      return !op.ignoreValue && !op.ignoreLease && op.lease === "";
    case "deleteRange":
      return op.rangeEnd.length === 0;
    case "range":
      return op.rangeEnd.length === 0 && op.revision === 0 && !op.serializable && !op.keysOnly &&
        !op.countOnly &&
        op.minModRevision === 0 && op.maxModRevision === 0 && op.minCreateRevision === 0 &&
        op.maxCreateRevision === 0;
    case "txn":
      return op.compare.every((one) => one.rangeEnd.length === 0 && one.target.kind !== "lease") &&
        [...op.success, ...op.failure].every((one) => one.kind !== "txn" && isModelled(one));
    default:
      return false;
  }
}

export const kvModel: SequentialModel<KvState, KvOperation> = {
  initial: new Map(),
  keysOf: ({ request }) => keysOf(request),
  apply: ({ request, result }, state, isAnswered) =>
    applyRequest(request, isAnswered ? result : null, state, isAnswered ? revisionOf(result) : null),
  nameOf: nameOfKeys,
};

interface StoreState {
  readonly revision: Revision;
  readonly keys: KvState;
}

/** A key as some answer showed it, or as it must have been: absent (null), or with these numbers. */
interface Sight {
  readonly revision: Revision;
  readonly pair: {
    readonly value: string;
    readonly version: number;
    readonly mod: Revision;
    readonly create: Revision;
  } | null;
}

/** What answers tell in advance of a revision: who made it, and what the store was like then. */
interface Facts {
  /** No answer carries a higher one: changes beyond it explain nothing. */
  readonly highest: Revision;
  /** Made by a change that was answered. */
  readonly owned: ReadonlySet<Revision>;
  /** Read by someone: this revision wrote this pair to this key. */
  readonly written: ReadonlyMap<
    Revision,
    { readonly key: string; readonly pair: NonNullable<Sight["pair"]> }
  >;
  /** What was seen of each key, in order of revision. */
  readonly sights: ReadonlyMap<string, readonly Sight[]>;
}

const NO_FACTS: Facts = { highest: Infinity, owned: new Set(), written: new Map(), sights: new Map() };

/** The whole store, whose revision begins at 1 and grows by one with each change. */
export function revisionModel(facts: Facts = NO_FACTS): SequentialModel<StoreState, KvOperation> {
  return {
    initial: { revision: 1, keys: new Map() },
    // All changes share the store's revision.
    keysOf: () => ["revision"],
    learn: (answered) => revisionModel(factsOf(answered)),
    // A change belongs just before the revision it made, all else at its revision.
    measure: {
      ofAnswer: ({ result }) => 2 * revisionOf(result)! - (hasChanged(result) ? 1 : 0),
      ofState: ({ revision }) => 2 * revision,
    },
    apply: ({ request, result }, state, isAnswered) => {
      const known = isAnswered ? result : null;
      return applyRequest(request, known, state.keys, state.revision + 1).flatMap((keys): StoreState[] => {
        const isChanged = keys !== state.keys;
        const revision = isChanged ? state.revision + 1 : state.revision;
        if (known !== null && revisionOf(known) !== revision) return [];
        if (isChanged && known === null && !mayHaveMade(revision, keys, facts)) return [];
        return isChanged ? [{ revision, keys }] : [state];
      });
    },
    nameOf: ({ revision, keys }) => `${revision} ${nameOfKeys(keys)}`,
  };
}

/** Whether a change of unknown outcome can be the one that made this revision and led to these keys. */
function mayHaveMade(revision: Revision, keys: KvState, { highest, owned, written, sights }: Facts): boolean {
  if (revision > highest || owned.has(revision)) return false;
  const fact = written.get(revision);
  if (fact && keys.get(fact.key)?.mod !== revision) return false;
  for (const [key, seen] of sights) {
    const next = seen.find((sight) => sight.revision >= revision);
    if (next && !mayBecome(keys.get(key), revision, next)) return false;
  }
  return true;
}

/** Whether a key can still come to look as it was seen at that revision or a later one. */
function mayBecome(known: KeyState | undefined, revision: Revision, { pair, revision: at }: Sight): boolean {
  if (pair === null) return at > revision || known === undefined;
  const { value, version, mod, create } = pair;
  if (mod <= revision) {
    return known !== undefined && known.mod === mod && known.version === version && known.value === value &&
      known.create === create;
  }
  // Written later, yet created by now: it has lived since, and has one version more with each write.
  if (create > revision) return true;
  return known !== undefined && known.create === create && known.version < version &&
    version - known.version <= mod - revision;
}

function hasChanged(result: ClientResult | ResponseOp | null): boolean {
  switch (result?.kind) {
    case "put":
      return true;
    case "deleteRange":
      return result.deleted > 0;
    case "txn":
      return result.responses.some(hasChanged);
    default:
      return false;
  }
}

function factsOf(answered: readonly KvOperation[]): Facts {
  const owned = new Set<Revision>();
  const written = new Map<Revision, { key: string; pair: NonNullable<Sight["pair"]> }>();
  const sights = new Map<string, Sight[]>();
  const see = (key: string, sight: Sight) => {
    const seen = sights.get(key);
    if (seen) seen.push(sight);
    else sights.set(key, [sight]);
  };
  const look = (request: KvRequest, response: ClientResult | ResponseOp | null): void => {
    if (response?.kind === "put") owned.add(response.revision);
    else if (response?.kind === "deleteRange" && request.kind === "deleteRange") {
      if (response.deleted > 0) owned.add(response.revision);
      see(toHex(request.key), { revision: response.revision, pair: null });
    } else if (response?.kind === "range" && request.kind === "range") {
      const key = toHex(request.key);
      const kv = response.kvs[0];
      if (!kv) return see(key, { revision: response.revision, pair: null });
      const { version, modRevision: mod, createRevision: create } = kv;
      const pair = { value: toHex(kv.value), version, mod, create };
      written.set(mod, { key, pair });
      see(key, { revision: mod, pair });
      see(key, { revision: response.revision, pair });
    } else if (response?.kind === "txn" && request.kind === "txn") {
      // Within a transaction a read may come before a write of it: only what it changed is of use.
      if (hasChanged(response)) {
        owned.add(response.revision);
      } else {
        const branch = response.succeeded ? request.success : request.failure;
        branch.forEach((op, place) => look(op as KvRequest, response.responses[place]!));
      }
    }
  };
  for (const { request, result } of answered) look(request, result);
  for (const seen of sights.values()) seen.sort((a, b) => a.revision - b.revision);
  const highest = Math.max(1, ...answered.map(({ result }) => revisionOf(result) ?? 1));
  return { highest, owned, written, sights };
}

function nameOfKeys(state: KvState): string {
  return [...state].sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { value, version, mod, create }]) => `${key}=${value}/${version}/${mod}/${create}`).join();
}

function keysOf(request: KvRequest): readonly string[] {
  if (request.kind !== "txn") return [toHex(request.key)];
  const parts = [...request.compare, ...request.success, ...request.failure];
  return parts.flatMap((part) => ("key" in part ? [toHex(part.key)] : []));
}

/** The states that may follow; none when this result cannot come of this state. A null result fits every state. */
function applyRequest(
  request: KvRequest,
  result: ClientResult | null,
  state: KvState,
  revision: Revision | null,
): readonly KvState[] {
  if (request.kind !== "txn") return list(applyOp(request, result as ResponseOp | null, state, revision));
  if (result === null) {
    // A comparison with a revision not learnt yet leaves both branches possible.
    return [true, false].flatMap((succeeded) => applyBranch(request, succeeded, null, state, revision));
  }
  return result.kind === "txn" ? applyBranch(request, result.succeeded, result, state, revision) : [];
}

function applyBranch(
  request: TxnRequest,
  succeeded: boolean,
  result: TxnResponse | null,
  state: KvState,
  revision: Revision | null,
): readonly KvState[] {
  const learnt = learnCompares(request.compare, succeeded, state);
  if (learnt === null) return [];
  const branch = succeeded ? request.success : request.failure;
  return list(applyAll(branch, result?.responses ?? null, learnt, revision));
}

function list(state: KvState | null): readonly KvState[] {
  return state === null ? [] : [state];
}

function revisionOf(result: ClientResult | null): Revision | null {
  return result !== null && "revision" in result ? result.revision : null;
}

function applyAll(
  ops: readonly RequestOp[],
  responses: readonly ResponseOp[] | null,
  state: KvState,
  revision: Revision | null,
): KvState | null {
  let now: KvState | null = state;
  for (const [place, op] of ops.entries()) {
    if (now === null || op.kind === "txn") return null;
    now = applyOp(op, responses === null ? null : responses[place]!, now, revision);
  }
  return now;
}

function applyOp(
  op: PutRequest | DeleteRangeRequest | RangeRequest,
  response: ResponseOp | null,
  state: KvState,
  revision: Revision | null,
): KvState | null {
  const key = toHex(op.key);
  const before = state.get(key);
  switch (op.kind) {
    case "put": {
      const value = toHex(op.value);
      const version = (before?.version ?? 0) + 1;
      const create = before ? before.create : revision;
      return new Map(state).set(key, { value, version, mod: revision, create });
    }
    case "deleteRange": {
      if (response?.kind === "deleteRange" && response.deleted !== (before ? 1 : 0)) return null;
      if (!before) return state;
      const after = new Map(state);
      after.delete(key);
      return after;
    }
    case "range": {
      if (response === null) return state;
      if (response.kind !== "range" || response.kvs.length > 1) return null;
      const found = response.kvs[0];
      if (!found || !before) return !found && !before ? state : null;
      const learnt = learnPair(found, before);
      return learnt === null || learnt === before ? learnt && state : new Map(state).set(key, learnt);
    }
  }
}

/** The key's state with what an answer tells of it; null when the two disagree. */
function learnPair(found: KeyValue, known: KeyState): KeyState | null {
  if (toHex(found.value) !== known.value || found.version !== known.version) return null;
  if (known.mod !== null && found.modRevision !== known.mod) return null;
  if (known.create !== null && found.createRevision !== known.create) return null;
  if (known.mod !== null && known.create !== null) return known;
  return { ...known, mod: found.modRevision, create: found.createRevision };
}

/** The state with what the comparisons' outcome tells of it; null when they cannot have turned out so. */
function learnCompares(compares: readonly Compare[], succeeded: boolean, state: KvState): KvState | null {
  if (!succeeded) {
    return compares.some((one) => isOpen(one, state) || !compareHolds(one, state)) ? state : null;
  }
  let now = state;
  for (const one of compares) {
    if (!isOpen(one, now)) {
      if (!compareHolds(one, now)) return null;
      continue;
    }
    const { target, result } = one;
    const key = toHex(one.key);
    if (result !== "equal" || (target.kind !== "mod" && target.kind !== "create")) continue;
    // Zero means "does not exist", and this key does.
    if (target.value === 0) return null;
    now = new Map(now).set(key, { ...now.get(key)!, [target.kind]: target.value });
  }
  return now;
}

/** True when the comparison speaks of a revision that nobody has learnt yet. */
function isOpen({ key, target }: Compare, state: KvState): boolean {
  const known = state.get(toHex(key));
  return known !== undefined && (target.kind === "mod" || target.kind === "create") &&
    known[target.kind] === null;
}

function compareHolds({ key, target, result }: Compare, state: KvState): boolean {
  const known = state.get(toHex(key));
  switch (target.kind) {
    case "value": {
      // A key that does not exist has no value to compare with.
      if (!known) return false;
      const value = toHex(target.value);
      return holds(known.value < value ? -1 : known.value > value ? 1 : 0, result);
    }
    case "version":
    case "mod":
    case "create": {
      const number = known ? known[target.kind] : 0;
      return number !== null && holds(number - target.value, result);
    }
    case "lease":
      return false;
  }
}

function holds(difference: number, result: Compare["result"]): boolean {
  switch (result) {
    case "equal":
      return difference === 0;
    case "notEqual":
      return difference !== 0;
    case "greater":
      return difference > 0;
    case "less":
      return difference < 0;
  }
}
