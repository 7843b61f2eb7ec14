// etcd's v2 keys: what each request does, over the v3 store. A change first reads, in one linearizable transaction,
// every node that it depends on, decides, and then writes in a second transaction that holds only if none of those
// nodes has changed meanwhile; if one has, it starts anew. (etcdserver/api/v2store/store.go)

import { assert } from "../../core/base/assert.ts";
import { EMPTY_BYTES } from "../../core/base/bytes.ts";
import { type EtcdError, isEtcdError } from "../../core/base/etcd_error.ts";
import { rangeRequest } from "../../core/kv/requests.ts";
import type { Compare, KeyValue, RangeRequest, RangeResponse, RequestOp } from "../../core/kv/requests.ts";
import type { ClientRequest, ClientResponse } from "../../core/member/io.ts";
import { V2Error } from "./v2_error.ts";
import {
  belowPath,
  cleanPath,
  decodeEvent,
  decodeNode,
  encodeEvent,
  encodeNode,
  EVENT_KEY,
  isHiddenBelow,
  nodeKey,
  showNode,
  type StoredNode,
  type V2Action,
  type V2Event,
  type V2Node,
  withIndexes,
} from "./v2_nodes.ts";

/** What the store needs of the member beneath it. */
export interface V2Ground {
  request(request: ClientRequest, onResponse: (response: ClientResponse) => void): void;
  /** This member's own state, at once. */
  read(request: RangeRequest): RangeResponse | EtcdError;
}

export interface V2Put {
  readonly path: string;
  readonly value: string;
  readonly isDir: boolean;
  /** true: must exist; false: must not; null: whichever. */
  readonly prevExist: boolean | null;
  /** "" for any. */
  readonly prevValue: string;
  /** 0 for any. */
  readonly prevIndex: number;
}

export interface V2Delete {
  readonly path: string;
  readonly isDir: boolean;
  readonly isRecursive: boolean;
  readonly prevValue: string;
  readonly prevIndex: number;
}

export interface V2Answer {
  readonly event: V2Event;
  /** The store's index when this was answered. */
  readonly index: number;
}

interface Waiter {
  readonly path: string;
  readonly isRecursive: boolean;
  readonly onEvent: (event: V2Event | V2Error) => void;
}

/** Names below each other. Every one costs a compare, of which a transaction takes 128. */
const DEPTH_MAX = 32;
/** Events that a waiter may ask back for. (v2store: NewEventHistory(1000)) */
const HISTORY_EVENTS_MAX = 1000;
/** How often a change starts anew before it gives up: each time, somebody else's change was made. */
const ATTEMPTS_MAX = 64;

export class V2Store {
  readonly #ground: V2Ground;
  readonly #waiters = new Set<Waiter>();
  /** Waiters have heard of everything up to here. */
  #heardIndex: number;

  constructor(ground: V2Ground) {
    this.#ground = ground;
    this.#heardIndex = 0;
  }

  // --- Reading -----------------------------------------------------------------------------------------------

  /** @throws V2Error */
  async get(
    path: string,
    options: { readonly isRecursive: boolean; readonly isSorted: boolean; readonly quorum: boolean },
  ): Promise<V2Answer> {
    const at = cleanPath(path);
    if (options.quorum) await this.#ask(rangeRequest({ key: nodeKey(at) }));
    const { node, index } = this.#lookUp(at);
    if (node === null) {
      // What is said to be missing is the outermost that is.
      const missing = ancestorsOf(at).find((folder) => this.#lookUp(folder).node === null);
      throw new V2Error(100, missing ?? at, index);
    }
    const shown = node.isDir ? this.#withChildren(node, options) : showNode(node);
    return { event: { action: "get", node: shown }, index };
  }

  #lookUp(path: string): { node: StoredNode | null; index: number } {
    const { kvs, revision } = this.#read(rangeRequest({ key: nodeKey(path), serializable: true }));
    return { node: nodeAt(path, kvs), index: revision };
  }

  #withChildren(
    dir: StoredNode,
    { isRecursive, isSorted }: { readonly isRecursive: boolean; readonly isSorted: boolean },
  ): V2Node {
    const { kvs } = this.#read(rangeRequest({ ...belowPath(dir.path), serializable: true }));
    const below = kvs.map(decodeNode).filter(({ path }) => !isHiddenBelow(path, dir.path));
    const childrenOf = Map.groupBy(below, ({ path }) => parentOf(path));
    const show = (node: StoredNode, depth: number): V2Node => {
      const shown = showNode(node);
      if (!node.isDir || (depth > 0 && !isRecursive)) return shown;
      const nodes = (childrenOf.get(node.path) ?? []).map((child) => show(child, depth + 1));
      if (isSorted) nodes.sort((a, b) => a.key! < b.key! ? -1 : 1);
      if (nodes.length === 0) return shown;
      const { modifiedIndex, createdIndex, ...head } = shown;
      return { ...head, nodes, modifiedIndex, createdIndex };
    };
    const shown = show(dir, 0);
    if (dir.path !== "/") return shown;
    // The root was never made, so it has no index.
    const { modifiedIndex: _, createdIndex: __, ...root } = shown;
    return root;
  }

  // --- Changing ----------------------------------------------------------------------------------------------

  /** @throws V2Error */
  put(put: V2Put): Promise<V2Answer> {
    const path = cleanPath(put.path);
    return this.#change(path, false, ({ node, missing, blocked }, index) => {
      if (path === "/") throw new V2Error(107, "/", index);
      if (blocked !== null) throw new V2Error(104, blocked, index);
      const isCompare = put.prevValue !== "" || put.prevIndex !== 0;
      if (isCompare && put.prevExist !== false) {
        if (node === null) throw new V2Error(100, path, index);
        if (node.isDir) throw new V2Error(102, path, index);
        expectMatch(node, put, index);
        return rewrite("compareAndSwap", node, put.value);
      }
      if (put.prevExist === true) {
        if (node === null) throw new V2Error(100, path, index);
        if (node.isDir && put.value !== "") throw new V2Error(102, path, index);
        return rewrite("update", node, put.value);
      }
      if (put.prevExist === false && node !== null) throw new V2Error(105, path, index);
      if (node?.isDir === true) throw new V2Error(102, path, index);
      const action: V2Action = put.prevExist === false ? "create" : "set";
      const made: V2Node = put.isDir ? { key: path, dir: true } : { key: path, value: put.value };
      return {
        event: { action, node: made, ...(node === null ? {} : { prevNode: showNode(node) }) },
        ops: [
          ...missing.map((folder) => putOp(nodeKey(folder), encodeNode(null, null))),
          putOp(nodeKey(path), encodeNode(put.isDir ? null : put.value, null)),
        ],
      };
    });
  }

  /** @throws V2Error */
  delete({ path: given, isDir, isRecursive, prevValue, prevIndex }: V2Delete): Promise<V2Answer> {
    const path = cleanPath(given);
    return this.#change(path, true, ({ node, childCount }, index) => {
      if (path === "/") throw new V2Error(107, "/", index);
      if (node === null) throw new V2Error(100, path, index);
      const isCompare = prevValue !== "" || prevIndex !== 0;
      if (node.isDir) {
        if (isCompare || !(isDir || isRecursive)) throw new V2Error(102, path, index);
        if (childCount > 0 && !isRecursive) throw new V2Error(108, path, index);
      }
      if (isCompare) expectMatch(node, { prevValue, prevIndex }, index);
      const { modifiedIndex: _, ...gone } = showNode(node, false);
      return {
        event: {
          action: isCompare ? "compareAndDelete" : "delete",
          node: gone,
          prevNode: showNode(node),
        },
        ops: [deleteOp(nodeKey(path), EMPTY_BYTES), ...(node.isDir ? [deleteBelow(path)] : [])],
      };
    });
  }

  async #change(path: string, countsChildren: boolean, decide: Decide): Promise<V2Answer> {
    if (path.split("/").length > DEPTH_MAX) {
      throw new V2Error(210, `more than ${DEPTH_MAX} names below each other`);
    }
    const ancestors = ancestorsOf(path);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const seen = await this.#lookAround(path, ancestors, countsChildren);
      const { event, ops } = decide(seen, seen.index);
      const done = await this.#ask({
        kind: "txn",
        compare: seen.compares,
        success: [...ops, putOp(EVENT_KEY, encodeEvent(event))],
        failure: [],
      });
      assert(done.kind === "txn", "a transaction answers as one");
      if (!done.succeeded) continue;
      const index = done.revision;
      return { event: { ...event, node: withIndexes(event.node, index) }, index };
    }
    throw new V2Error(300, "too many changes of the same keys at once");
  }

  /** Everything a decision rests on, as the cluster has it now, and the compares that say so. */
  async #lookAround(path: string, ancestors: readonly string[], countsChildren: boolean): Promise<Seen> {
    const paths = [...ancestors, ...(path === "/" ? [] : [path])];
    const ranges = paths.map((at) => rangeRequest({ key: nodeKey(at) }));
    const below = belowPath(path);
    const newestBelow = rangeRequest({ ...below, limit: 1, sortTarget: "mod", sortOrder: "descend" });
    const read = await this.#ask({
      kind: "txn",
      compare: [],
      success: countsChildren ? [...ranges, newestBelow] : ranges,
      failure: [],
    });
    assert(read.kind === "txn", "a transaction answers as one");
    const answers = read.responses.map((response) => {
      assert(response.kind === "range", "a read answers as one");
      return response;
    });
    const nodes = paths.map((at, i) => nodeAt(at, answers[i]!.kvs));
    const compares = paths.map((at, i) => modCompare(nodeKey(at), EMPTY_BYTES, nodes[i]!));
    const children = countsChildren ? answers.at(-1)! : null;
    if (children !== null) {
      // Nothing below may be newer than what was seen. (What went away meanwhile only makes the folder emptier.)
      const newest = children.kvs[0]?.modRevision ?? 0;
      compares.push({
        target: { kind: "mod", value: newest + 1 },
        result: "less",
        key: below.key,
        rangeEnd: below.rangeEnd,
      });
    }
    const ancestorNodes = nodes.slice(0, ancestors.length);
    const blocked = ancestorNodes.find((node) => node !== null && !node.isDir) ?? null;
    return {
      node: path === "/" ? null : nodes.at(-1)!,
      missing: ancestors.filter((_, i) => nodes[i] === null),
      blocked: blocked?.path ?? null,
      childCount: children?.count ?? 0,
      compares,
      index: read.revision,
    };
  }

  // --- Waiting -----------------------------------------------------------------------------------------------

  /** The store's index as this member knows it. */
  get index(): number {
    return this.#read(rangeRequest({ key: EVENT_KEY, serializable: true, countOnly: true })).revision;
  }

  /**
   * Calls `onEvent` once: with the first event at the path (or below it) whose index is at least `fromIndex`, or with
   * an error when history no longer reaches back that far. Returns what to do should nobody wait any more.
   * @param fromIndex 0: the next one from now on.
   */
  wait(
    path: string,
    options: { readonly isRecursive: boolean; readonly fromIndex: number },
    onEvent: (event: V2Event | V2Error) => void,
  ): () => void {
    const waiter: Waiter = { path: cleanPath(path), isRecursive: options.isRecursive, onEvent };
    this.onStep();
    if (options.fromIndex > 0) {
      const past = this.#eventsSince(options.fromIndex);
      const found = past instanceof V2Error ? past : past.find((event) => concerns(event, waiter));
      if (found !== undefined) {
        queueMicrotask(() => onEvent(found));
        return () => {};
      }
    }
    if (this.#waiters.size === 0) this.#heardIndex = this.index;
    this.#waiters.add(waiter);
    return () => this.#waiters.delete(waiter);
  }

  /** To be called whenever the member may have applied something. Costs nothing while nobody waits. */
  onStep(): void {
    if (this.#waiters.size === 0) return;
    const index = this.index;
    if (index === this.#heardIndex) return;
    const events = this.#eventsSince(this.#heardIndex + 1);
    this.#heardIndex = index;
    for (const waiter of [...this.#waiters]) {
      const found = events instanceof V2Error ? events : events.find((event) => concerns(event, waiter));
      if (found === undefined) continue;
      this.#waiters.delete(waiter);
      waiter.onEvent(found);
    }
  }

  /** Oldest first: the versions of EVENT_KEY, from the newest back. */
  #eventsSince(fromIndex: number): V2Event[] | V2Error {
    const events: V2Event[] = [];
    for (let revision = 0;;) {
      const answer = this.#ground.read(rangeRequest({ key: EVENT_KEY, revision, serializable: true }));
      const isCleared = isEtcdError(answer) || events.length === HISTORY_EVENTS_MAX;
      if (isCleared) return new V2Error(401, `the requested history has been cleared`, this.index);
      const newest = answer.kvs[0];
      if (newest === undefined || newest.modRevision < fromIndex) return events.reverse();
      events.push(decodeEvent(newest));
      if (newest.version === 1) return events.reverse();
      revision = newest.modRevision - 1;
    }
  }

  // --- The ground --------------------------------------------------------------------------------------------

  #read(request: RangeRequest): RangeResponse {
    const answer = this.#ground.read(request);
    if (isEtcdError(answer)) throw new V2Error(300, answer.message);
    return answer;
  }

  #ask(request: ClientRequest): Promise<(ClientResponse & { readonly kind: "ok" })["result"]> {
    return new Promise((resolve, reject) => {
      this.#ground.request(request, (response) => {
        if (response.kind === "ok") resolve(response.result);
        else reject(new V2Error(300, response.message));
      });
    });
  }
}

interface Seen {
  readonly node: StoredNode | null;
  /** Ancestors that are to be made, outermost first. */
  readonly missing: readonly string[];
  /** An ancestor that is a file. */
  readonly blocked: string | null;
  readonly childCount: number;
  readonly compares: readonly Compare[];
  readonly index: number;
}

interface Change {
  /** Its node without indexes that only the write will tell. */
  readonly event: V2Event;
  readonly ops: readonly RequestOp[];
}

/** @throws V2Error where nothing is to be changed. */
type Decide = (seen: Seen, index: number) => Change;

function rewrite(action: V2Action, node: StoredNode, value: string): Change {
  const { path, isDir, createdIndex } = node;
  return {
    event: {
      action,
      node: isDir ? { key: path, dir: true, createdIndex } : { key: path, value, createdIndex },
      prevNode: showNode(node),
    },
    ops: [putOp(nodeKey(path), encodeNode(isDir ? null : value, createdIndex))],
  };
}

/** (v2store/node.go Compare) */
function expectMatch(
  node: StoredNode,
  { prevValue, prevIndex }: { readonly prevValue: string; readonly prevIndex: number },
  index: number,
): void {
  const valueFits = prevValue === "" || prevValue === node.value;
  const indexFits = prevIndex === 0 || prevIndex === node.modifiedIndex;
  if (valueFits && indexFits) return;
  const byValue = `[${prevValue} != ${node.value}]`, byIndex = `[${prevIndex} != ${node.modifiedIndex}]`;
  const why = valueFits ? byIndex : indexFits ? byValue : `${byValue} ${byIndex}`;
  throw new V2Error(101, why, index);
}

function concerns({ node, action }: V2Event, { path, isRecursive }: Waiter): boolean {
  const changed = node.key ?? "/";
  if (changed === path) return true;
  const within = (inner: string, outer: string) => inner.startsWith(outer === "/" ? "/" : `${outer}/`);
  // Whoever waits below a folder that goes hears of it.
  if (action === "delete" && node.dir === true && within(path, changed)) return true;
  return isRecursive && within(changed, path) && !isHiddenBelow(changed, path);
}

function nodeAt(path: string, kvs: readonly KeyValue[]): StoredNode | null {
  if (path === "/") return { path, isDir: true, value: "", createdIndex: 0, modifiedIndex: 0 };
  return kvs[0] === undefined ? null : decodeNode(kvs[0]);
}

/** From the outermost to the parent; the root is always there and is left out. */
function ancestorsOf(path: string): string[] {
  const names = path.split("/").slice(1, -1);
  return names.map((_, i) => "/" + names.slice(0, i + 1).join("/"));
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function modCompare(key: Uint8Array, rangeEnd: Uint8Array, node: StoredNode | null): Compare {
  return { target: { kind: "mod", value: node?.modifiedIndex ?? 0 }, result: "equal", key, rangeEnd };
}

function putOp(key: Uint8Array, value: Uint8Array): RequestOp {
  return { kind: "put", key, value, lease: "", prevKv: false, ignoreValue: false, ignoreLease: false };
}

function deleteOp(key: Uint8Array, rangeEnd: Uint8Array): RequestOp {
  return { kind: "deleteRange", key, rangeEnd, prevKv: false };
}

function deleteBelow(path: string): RequestOp {
  const { key, rangeEnd } = belowPath(path);
  return deleteOp(key, rangeEnd);
}
