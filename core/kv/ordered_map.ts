// The one door to the B+ tree library (sorted-btree). Its default export arrives as a class under a bundler and
// as a module object under Node's and Deno's rules, so the class is taken from a value both name alike; and only
// the methods that the store relies on are let through.

import { EmptyBTree } from "sorted-btree";

/** A map kept in key order. Reads and single changes cost O(log n). */
export interface OrderedMap<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  /** Sets the value of a key; true when the key is new. */
  set(key: K, value: V): boolean;
  /** True when the key was there. */
  delete(key: K): boolean;
  minKey(): K | undefined;
  maxKey(): K | undefined;
  /** Pairs in key order, from `lowestKey` on when given. The map must not change meanwhile. */
  entries(lowestKey?: K): IterableIterator<[K, V]>;
  /** Calls `onFound` for the keys from `low` to `high` in order. It must not change the map. */
  forRange(low: K, high: K, includeHigh: boolean, onFound: (key: K, value: V) => void): number;
  /** A map of its own with the same pairs, in O(1): nodes are shared until either side changes them. */
  clone(): OrderedMap<K, V>;
}

type OrderedMapClass = new <K, V>(
  entries: undefined,
  compare: (a: K, b: K) => number,
) => OrderedMap<K, V>;

const BTree = EmptyBTree.constructor as OrderedMapClass;

/** An empty map over strings, in the order of their UTF-16 code units. */
export function orderedByText<V>(): OrderedMap<string, V> {
  return new BTree<string, V>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** An empty map over numbers. */
export function orderedByNumber<V>(): OrderedMap<number, V> {
  return new BTree<number, V>(undefined, (a, b) => a - b);
}

/** Whether a value found in captured state is such a map: for those who write state out. */
export function isOrderedMap(value: object): value is OrderedMap<string | number, unknown> {
  return value instanceof BTree;
}
