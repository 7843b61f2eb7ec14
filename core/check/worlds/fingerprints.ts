// The worlds that were seen, by fingerprints of 53 bits: eight bytes for each instead of hundreds. Two worlds of n share a
// fingerprint with a chance of about n² / 2^54: one in 18,000 for a million worlds; then one of them is not looked into.

import type { World } from "./world.ts";

/** A number from 1 to 2^53 - 1. */
export function fingerprint({ members, past, purse, messages }: World): number {
  let a = 0x9e3779b9 ^ purse;
  let b = 0x85ebca6b ^ past;
  const mix = (value: number) => {
    a = Math.imul(a ^ value, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b + value, 0x5bd1e995);
    b ^= b >>> 13;
  };
  mix(purse);
  mix(past);
  for (const member of members) mix(member);
  for (const message of messages) mix(message);
  a = Math.imul(a ^ (a >>> 16), 0x2c1b3c6d) ^ Math.imul(b ^ (b >>> 13), 0x297a2d39);
  b = Math.imul(b ^ (b >>> 16), 0x297a2d39) ^ Math.imul(a ^ (a >>> 13), 0x2c1b3c6d);
  return ((b >>> 11) * 0x1_0000_0000 + (a >>> 0)) || 1;
}

export class Fingerprints {
  #slots = new Float64Array(1 << 16);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** False when it was there already. */
  add(print: number): boolean {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    if (!place(this.#slots, print)) return false;
    this.#size += 1;
    return true;
  }

  #grow(): void {
    const wider = new Float64Array(this.#slots.length * 2);
    for (const print of this.#slots) if (print !== 0) place(wider, print);
    this.#slots = wider;
  }
}

/** Open addressing with a step of one; the slots are a power of two, and never more than half full. */
function place(slots: Float64Array, print: number): boolean {
  const mask = slots.length - 1;
  for (let at = print % 0x1_0000_0000 & mask;; at = at + 1 & mask) {
    const there = slots[at]!;
    if (there === print) return false;
    if (there === 0) {
      slots[at] = print;
      return true;
    }
  }
}
