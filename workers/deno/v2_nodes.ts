// A node of etcd's v2 store, and how it lies in the v3 store beneath it. (etcdserver/api/v2store/node_extern.go)
//
// The v2 keys live in our own KV under a prefix, written by transactions. So they are in the log and in snapshots, the
// same on every member, there again after a restart, and read and saved by every v3 tool; a log command and a store of
// their own would have had to learn all that anew. etcd 3.4 went the same way with --experimental-enable-v2v3. The v2
// index is then simply the revision: it grows with every change, and is the same on all members.
//
//   __v2__/n/discovery/T            a directory
//   __v2__/n/discovery/T/8e9e05…    a file
//   __v2__/e                        what happened last: its versions are the history that waiters read

import { fromUtf8, utf8 } from "../../core/base/bytes.ts";
import type { KeyValue } from "../../core/kv/requests.ts";

const NODE_PREFIX = "__v2__/n";
/** Holds a V2Event as JSON, rewritten by every change. */
export const EVENT_KEY: Uint8Array = utf8("__v2__/e");

/** As clients see it. Fields in the order in which etcd writes them; absent ones are left out. */
export interface V2Node {
  readonly key?: string;
  readonly value?: string;
  readonly dir?: true;
  readonly nodes?: readonly V2Node[];
  readonly modifiedIndex?: number;
  readonly createdIndex?: number;
}

export type V2Action =
  | "get"
  | "set"
  | "create"
  | "update"
  | "delete"
  | "compareAndSwap"
  | "compareAndDelete";

export interface V2Event {
  readonly action: V2Action;
  readonly node: V2Node;
  readonly prevNode?: V2Node;
}

/** A node without its children. */
export interface StoredNode {
  /** "/" and names between slashes. */
  readonly path: string;
  readonly isDir: boolean;
  /** "" for a directory. */
  readonly value: string;
  readonly createdIndex: number;
  readonly modifiedIndex: number;
}

/** Made by the write that stores it; the revision, and so the index, is known only afterwards. */
const CREATED_NOW = 0;

export function nodeKey(path: string): Uint8Array {
  return utf8(NODE_PREFIX + path);
}

/** Everything below a path, as a range: "/" is the next sign after "." and before "0". */
export function belowPath(path: string): { readonly key: Uint8Array; readonly rangeEnd: Uint8Array } {
  const folder = path === "/" ? "" : path;
  return { key: nodeKey(`${folder}/`), rangeEnd: nodeKey(`${folder}0`) };
}

/** @param createdIndex null: created by this very write. */
export function encodeNode(value: string | null, createdIndex: number | null): Uint8Array {
  return utf8(JSON.stringify([createdIndex ?? CREATED_NOW, ...(value === null ? [] : [value])]));
}

export function decodeNode({ key, value, modRevision }: KeyValue): StoredNode {
  const [created, text] = JSON.parse(fromUtf8(value)) as [number, string?];
  return {
    path: fromUtf8(key).slice(NODE_PREFIX.length),
    isDir: text === undefined,
    value: text ?? "",
    createdIndex: created === CREATED_NOW ? modRevision : created,
    modifiedIndex: modRevision,
  };
}

/** What a change stores as EVENT_KEY. An index of CREATED_NOW stands for the revision that stores it. */
export function encodeEvent(event: V2Event): Uint8Array {
  return utf8(JSON.stringify(event));
}

export function decodeEvent({ value, modRevision }: KeyValue): V2Event {
  const event = JSON.parse(fromUtf8(value)) as V2Event;
  return { ...event, node: withIndexes(event.node, modRevision) };
}

/** A node as an answer shows it. `withValue` is false where only its place matters (a deletion's own node). */
export function showNode(
  { path, isDir, value, createdIndex, modifiedIndex }: StoredNode,
  withValue = true,
): V2Node {
  const content: Partial<V2Node> = isDir ? { dir: true } : withValue ? { value } : {};
  return { ...(path === "/" ? {} : { key: path }), ...content, modifiedIndex, createdIndex };
}

/** The node of a change, once the write has told its index; fields in etcd's order. */
export function withIndexes(node: V2Node, index: number): V2Node {
  const { modifiedIndex: _, createdIndex = CREATED_NOW, ...head } = node;
  return { ...head, modifiedIndex: index, createdIndex: createdIndex === CREATED_NOW ? index : createdIndex };
}

/** Hidden names begin with "_": lists leave them out, and watches from above do not hear of them. */
export function isHiddenBelow(path: string, folder: string): boolean {
  const below = path.slice(folder === "/" ? 1 : folder.length + 1);
  return below.split("/").some((name) => name.startsWith("_"));
}

/** A path as the store keeps it: one slash between names, none at the end, "." and ".." resolved. (Go's path.Join) */
export function cleanPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return "/" + names.join("/");
}
