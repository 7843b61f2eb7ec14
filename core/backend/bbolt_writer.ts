// Writes a whole bbolt file at once, front to back, without holding it: the pairs are gone through twice, first to
// see how many pages they fill, so that the meta pages at the front can tell, then to write them.
//
//   page 0, 1   meta
//        2      free list: empty, every page is in use
//        3 …    for each bucket its leaves, then the branches above them, level by level
//        … end  the root's tree, whose pairs are the buckets
//
// Equal buckets give equal bytes.

import { assert } from "../base/assert.ts";
import { compareBytes, concatBytes, EMPTY_BYTES, utf8 } from "../base/bytes.ts";
import {
  BRANCH_PAGE,
  BUCKET_ELEMENT,
  BUCKET_HEADER_BYTES,
  ELEMENT_BYTES,
  fnv64a,
  FORMAT_VERSION,
  FREE_LIST_PAGE,
  LEAF_PAGE,
  MAGIC,
  META_PAGE,
  META_SUMMED_BYTES,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
} from "./bbolt_format.ts";

const FREE_LIST_PAGE_ID = 2;
const FIRST_TREE_PAGE_ID = 3;
/** A bucket whose single leaf is at most this long lives inside its parent's page. (bbolt's maxInlineBucketSize) */
const INLINE_BYTES_MAX = PAGE_BYTES / 4;
/** bbolt takes no longer key. */
const KEY_BYTES_MAX = 32_768;

const PAIRS_PER_STEP = 500;

/** A pair whose bytes need not be made to know how long they are. */
export interface Pair {
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly key: () => Uint8Array;
  readonly value: () => Uint8Array;
}

export interface Bucket {
  readonly name: Uint8Array;
  /** Pairs by ascending key, the same each time it is asked. Keys are 1 to 32,768 bytes long. */
  readonly pairs: () => Iterable<Pair>;
}

/** A bucket of pairs that are there already, in any order. */
export function bucketOf(
  name: string,
  pairs: readonly (readonly [key: Uint8Array, value: Uint8Array])[],
): Bucket {
  const sorted = [...pairs].sort(([a], [b]) => compareBytes(a, b)).map(([key, value]) => pairOf(key, value));
  return { name: utf8(name), pairs: () => sorted };
}

function pairOf(key: Uint8Array, value: Uint8Array): Pair {
  return { keyBytes: key.length, valueBytes: value.length, key: () => key, value: () => value };
}

/** A file that is all decided, but not yet written. */
export interface ByteSource {
  /** How long all chunks are together. */
  readonly sizeBytes: number;
  /** The bytes from first to last, made as the caller goes. */
  readonly chunks: () => Generator<Uint8Array>;
}

/** Work in steps of about a millisecond, between which a host that has other work may do it. */
export type Steps<T> = Generator<undefined, T>;

/** The whole work at once. */
export function runToEnd<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Lays out a database of these buckets, which go by ascending name. A chunk is one page, or a few where a value does
 * not fit one.
 * @throws InvariantViolation when keys or names are out of order, or `pairs` gives others the second time.
 */
export function* planBbolt(buckets: readonly Bucket[]): Steps<ByteSource> {
  let pageCount = FIRST_TREE_PAGE_ID;
  const trees: { tree: Tree; pairs: () => Iterable<Pair> }[] = [];
  const rootPairs: Pair[] = [];
  for (const { name, pairs } of buckets) {
    const tree = yield* planTree(pairs(), pageCount);
    if (tree.leaves.length === 1 && tree.leaves[0]!.sizeBytes <= INLINE_BYTES_MAX) {
      const [leaf] = tree.leaves as [Leaf];
      const page = leafPage([...pairs()], 0, leaf.sizeBytes, 0);
      rootPairs.push(pairOf(name, concatBytes([bucketHeader(0), page])));
      continue;
    }
    pageCount = tree.endPage;
    trees.push({ tree, pairs });
    rootPairs.push(pairOf(name, bucketHeader(tree.rootPage)));
  }
  const root = yield* planTree(rootPairs, pageCount);
  pageCount = root.endPage;

  return {
    sizeBytes: pageCount * PAGE_BYTES,
    *chunks() {
      // Two equal metas: whoever writes next overwrites the older, and the younger still holds if that write tears.
      for (const transaction of [0, 1]) yield metaPage({ transaction, rootPage: root.rootPage, pageCount });
      yield newPage({ id: FREE_LIST_PAGE_ID, flags: FREE_LIST_PAGE, count: 0, pageCount: 1 });
      for (const { tree, pairs } of trees) yield* treePages(tree, pairs(), 0);
      yield* treePages(root, rootPairs, BUCKET_ELEMENT);
    },
  };
}

interface Leaf {
  readonly firstKey: Uint8Array;
  pairCount: number;
  /** With the page's header. */
  sizeBytes: number;
}

interface Child {
  readonly firstKey: Uint8Array;
  readonly page: number;
}

interface Branch {
  readonly page: number;
  readonly children: readonly Child[];
}

/** Where a tree's pages go: its leaves from `firstPage` on, then its branches, the root last. */
interface Tree {
  readonly firstPage: number;
  readonly leaves: readonly Leaf[];
  readonly branches: readonly Branch[];
  readonly rootPage: number;
  /** First page after it. */
  readonly endPage: number;
}

function* planTree(pairs: Iterable<Pair>, firstPage: number): Steps<Tree> {
  const leaves = yield* planLeaves(pairs);
  let nextPage = firstPage;
  const placed = (firstKey: Uint8Array, sizeBytes: number): Child => {
    const child = { firstKey, page: nextPage };
    nextPage += pagesFor(sizeBytes);
    return child;
  };

  let level = leaves.map((leaf) => placed(leaf.firstKey, leaf.sizeBytes));
  const branches: Branch[] = [];
  while (level.length > 1) {
    level = groupChildren(level).map((children) => {
      const parent = placed(children[0]!.firstKey, branchBytes(children));
      branches.push({ page: parent.page, children });
      return parent;
    });
  }
  return { firstPage, leaves, branches, rootPage: level[0]!.page, endPage: nextPage };
}

/** Fills leaf after leaf; a pair that does not fit a page gets a leaf of several. No pairs make one empty leaf. */
function* planLeaves(pairs: Iterable<Pair>): Steps<Leaf[]> {
  const leaves: Leaf[] = [];
  let pairCount = 0;
  for (const { keyBytes, valueBytes, key } of pairs) {
    assert(keyBytes >= 1 && keyBytes <= KEY_BYTES_MAX, () => `a key of ${keyBytes} bytes`);
    if (++pairCount % PAIRS_PER_STEP === 0) yield;
    const pairBytes = ELEMENT_BYTES + keyBytes + valueBytes;
    const leaf = leaves.at(-1);
    if (leaf !== undefined && leaf.sizeBytes + pairBytes <= PAGE_BYTES) {
      leaf.pairCount += 1;
      leaf.sizeBytes += pairBytes;
    } else leaves.push({ firstKey: key(), pairCount: 1, sizeBytes: PAGE_HEADER_BYTES + pairBytes });
  }
  if (leaves.length === 0) leaves.push({ firstKey: EMPTY_BYTES, pairCount: 0, sizeBytes: PAGE_HEADER_BYTES });
  return leaves;
}

/** Children that share a branch page: as many as fit it, and never one alone, which would be no branch. */
function groupChildren(children: readonly Child[]): Child[][] {
  const groups: Child[][] = [];
  let sizeBytes = Infinity;
  for (const child of children) {
    const childBytes = ELEMENT_BYTES + child.firstKey.length;
    const group = groups.at(-1);
    if (group !== undefined && (group.length < 2 || sizeBytes + childBytes <= PAGE_BYTES)) {
      group.push(child);
      sizeBytes += childBytes;
    } else {
      groups.push([child]);
      sizeBytes = PAGE_HEADER_BYTES + childBytes;
    }
  }
  const [before, last] = [groups.at(-2), groups.at(-1)!];
  if (last.length > 1 || before === undefined) return groups;
  if (before.length > 2) last.unshift(before.pop()!);
  else before.push(...groups.pop()!);
  return groups;
}

function branchBytes(children: readonly Child[]): number {
  return children.reduce((sum, { firstKey }) => sum + ELEMENT_BYTES + firstKey.length, PAGE_HEADER_BYTES);
}

function pagesFor(sizeBytes: number): number {
  return Math.ceil(sizeBytes / PAGE_BYTES);
}

function* treePages(tree: Tree, pairs: Iterable<Pair>, flags: number): Generator<Uint8Array> {
  const source = pairs[Symbol.iterator]();
  let page = tree.firstPage;
  let lastKey: Uint8Array | null = null;
  for (const { firstKey, pairCount, sizeBytes } of tree.leaves) {
    assert(lastKey === null || compareBytes(lastKey, firstKey) < 0, "keys out of order");
    const content: Pair[] = [];
    for (let i = 0; i < pairCount; i++) {
      const next = source.next();
      assert(!next.done, "fewer pairs than were planned for");
      content.push(next.value);
    }
    lastKey = content.at(-1)?.key() ?? null;
    const pageCount = pagesFor(sizeBytes);
    yield leafPage(content, page, pageCount * PAGE_BYTES, flags);
    page += pageCount;
  }
  assert(source.next().done === true, "more pairs than were planned for");
  for (const branch of tree.branches) yield branchPage(branch);
}

/** @param sizeBytes of the page: whole pages, or for an inline bucket just what the content needs. */
function leafPage(pairs: readonly Pair[], page: number, sizeBytes: number, flags: number): Uint8Array {
  const pageCount = pagesFor(sizeBytes);
  const bytes = newPage({ id: page, flags: LEAF_PAGE, count: pairs.length, pageCount }, sizeBytes);
  const view = new DataView(bytes.buffer);
  let at = PAGE_HEADER_BYTES + pairs.length * ELEMENT_BYTES;
  let lastKey: Uint8Array | null = null;
  pairs.forEach((pair, i) => {
    const element = PAGE_HEADER_BYTES + i * ELEMENT_BYTES;
    const [key, value] = [pair.key(), pair.value()];
    assert(lastKey === null || compareBytes(lastKey, key) < 0, "keys out of order");
    lastKey = key;
    assert(at + key.length + value.length <= bytes.length, "a pair larger than was planned for");
    view.setUint32(element, flags, true);
    view.setUint32(element + 4, at - element, true);
    view.setUint32(element + 8, key.length, true);
    view.setUint32(element + 12, value.length, true);
    bytes.set(key, at);
    bytes.set(value, at + key.length);
    at += key.length + value.length;
  });
  return bytes;
}

function branchPage({ page, children }: Branch): Uint8Array {
  const pageCount = pagesFor(branchBytes(children));
  const bytes = newPage({ id: page, flags: BRANCH_PAGE, count: children.length, pageCount });
  const view = new DataView(bytes.buffer);
  let at = PAGE_HEADER_BYTES + children.length * ELEMENT_BYTES;
  children.forEach(({ firstKey, page }, i) => {
    const element = PAGE_HEADER_BYTES + i * ELEMENT_BYTES;
    view.setUint32(element, at - element, true);
    view.setUint32(element + 4, firstKey.length, true);
    view.setBigUint64(element + 8, BigInt(page), true);
    bytes.set(firstKey, at);
    at += firstKey.length;
  });
  return bytes;
}

interface PageHeader {
  readonly id: number;
  readonly flags: number;
  /** Elements, at most 65,535: a page of 4 KiB holds 240, one of several pages a single pair. */
  readonly count: number;
  readonly pageCount: number;
}

function newPage(header: PageHeader, sizeBytes: number = header.pageCount * PAGE_BYTES): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(header.id), true);
  view.setUint16(8, header.flags, true);
  view.setUint16(10, header.count, true);
  view.setUint32(12, header.pageCount - 1, true);
  return bytes;
}

function bucketHeader(rootPage: number): Uint8Array {
  const bytes = new Uint8Array(BUCKET_HEADER_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(rootPage), true);
  return bytes;
}

function metaPage(
  { transaction, rootPage, pageCount }: { transaction: number; rootPage: number; pageCount: number },
): Uint8Array {
  const bytes = newPage({ id: transaction % 2, flags: META_PAGE, count: 0, pageCount: 1 });
  const meta = bytes.subarray(PAGE_HEADER_BYTES);
  const view = new DataView(bytes.buffer, PAGE_HEADER_BYTES);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, FORMAT_VERSION, true);
  view.setUint32(8, PAGE_BYTES, true);
  meta.set(bucketHeader(rootPage), 16);
  view.setBigUint64(32, BigInt(FREE_LIST_PAGE_ID), true);
  view.setBigUint64(40, BigInt(pageCount), true);
  view.setBigUint64(48, BigInt(transaction), true);
  view.setBigUint64(META_SUMMED_BYTES, fnv64a(meta.subarray(0, META_SUMMED_BYTES)), true);
  return bytes;
}
