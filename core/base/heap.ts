// A binary heap: the earliest of many, in O(log n). Ties must be broken by the caller's comparison, so that
// two runs of a simulation take the same steps.

export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  /** @param before true when `a` leaves the heap ahead of `b`; must be a strict total order. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let hole = items.length;
    items.push(item);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#before(item, items[parent]!)) break;
      items[hole] = items[parent]!;
      hole = parent;
    }
    items[hole] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1]!, items[child]!)) child += 1;
      if (!this.#before(items[child]!, last)) break;
      items[hole] = items[child]!;
      hole = child;
    }
    items[hole] = last;
    return first;
  }

  /** The items in the heap's own order, for views and keyframes; pushing them in this order rebuilds the heap. */
  items(): readonly T[] {
    return this.#items;
  }
}
