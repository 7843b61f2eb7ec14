// A seeded generator of whole numbers: sfc32 (PractRand's "small fast counting" generator, 128 bits of state).
// Only 32-bit integer arithmetic is used, so a seed replays alike in every JavaScript engine; no floats, no
// Math.random. State is four words, so that a keyframe can hold it.

import { assert } from "./assert.ts";

export type PrngState = readonly [number, number, number, number];

export class Prng {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 0;

  /** @param seed any safe integer >= 0, or a state taken by `state()`. */
  constructor(seed: number | PrngState) {
    if (typeof seed !== "number") {
      [this.#a, this.#b, this.#c, this.#counter] = seed;
      return;
    }
    assert(Number.isSafeInteger(seed) && seed >= 0, `seed ${seed} is not a safe integer >= 0`);
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    this.#c = 0x9e3779b9;
    this.#counter = 1;
    for (let i = 0; i < 12; i++) this.nextUint32();
  }

  /** The four words that continue this sequence exactly here. */
  state(): PrngState {
    return [this.#a, this.#b, this.#c, this.#counter];
  }

  /** A whole number from 0 to 2^32 - 1. */
  nextUint32(): number {
    const result = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) >>> 0;
    return result;
  }

  /**
   * A whole number from 0 to `countMax - 1`, without modulo bias.
   * @param countMax 1 to 2^32.
   */
  below(countMax: number): number {
    assert(
      Number.isInteger(countMax) && countMax >= 1 && countMax <= 0x1_0000_0000,
      () => `below(${countMax}) needs 1 to 2^32`,
    );
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % countMax);
    for (;;) {
      const draw = this.nextUint32();
      if (draw < limit) return draw % countMax;
    }
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True with a probability of `perMille` / 1000. */
  chance(perMille: number): boolean {
    return this.below(1000) < perMille;
  }

  /** One element of a non-empty list. */
  pick<T>(list: readonly T[]): T {
    assert(list.length > 0, "pick from an empty list");
    return list[this.below(list.length)]!;
  }

  /** A generator of its own, so that drawing from one part of a system never shifts another part's draws. */
  fork(): Prng {
    return new Prng([this.nextUint32(), this.nextUint32(), this.nextUint32(), 1]);
  }
}
