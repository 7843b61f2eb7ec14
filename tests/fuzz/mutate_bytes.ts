// Bytes made worse at random: the changes that decoders fall over in practice. Every draw comes from the given
// generator, so one seed gives one input.

import type { Prng } from "../../core/base/prng.ts";
import { concatBytes } from "../../core/base/bytes.ts";

/** An input grows no further than this, however often it is doubled. */
export const INPUT_BYTES_MAX = 256 * 1024;

/** @param others further valid inputs, to take pieces from; may be empty. */
export type Mutator = (prng: Prng, bytes: Uint8Array, others: readonly Uint8Array[]) => Uint8Array;

/** Numbers at the edges of what fields hold. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  127n,
  128n,
  255n,
  256n,
  65_535n,
  65_536n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** One to eight changes, one behind the other. */
export function mutateBytes(prng: Prng, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let mutated = bytes;
  const changeCount = prng.pick([1, 1, 1, 2, 3, 8]);
  for (let change = 0; change < changeCount; change++) {
    mutated = oneChange(prng, mutated, others);
    if (mutated.length > INPUT_BYTES_MAX) mutated = mutated.subarray(0, INPUT_BYTES_MAX);
  }
  return mutated;
}

function oneChange(prng: Prng, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  if (bytes.length === 0) return noise(prng);
  const at = prng.below(bytes.length);
  const end = Math.min(bytes.length, at + 1 + prng.below(prng.pick([1, 8, 64, bytes.length])));
  switch (prng.below(10)) {
    case 0: {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << prng.below(8);
      return flipped;
    }
    case 1: {
      const changed = bytes.slice();
      changed[at] = prng.pick([0, 1, 0x7f, 0x80, 0xff, prng.below(256)]);
      return changed;
    }
    case 2:
      return bytes.slice(0, at);
    case 3:
      return concatBytes([bytes.subarray(0, at), bytes.subarray(end)]);
    case 4:
      return concatBytes([bytes.subarray(0, end), bytes.subarray(at)]);
    case 5:
      return concatBytes([bytes.subarray(0, at), noise(prng), bytes.subarray(at)]);
    case 6: {
      const zeroed = bytes.slice();
      return zeroed.fill(prng.pick([0, 0xff]), at, end);
    }
    case 7:
      return withNumber(prng, bytes, at);
    case 8: {
      if (others.length === 0) return withNumber(prng, bytes, at);
      const other = prng.pick(others);
      const from = prng.below(other.length + 1);
      return concatBytes([bytes.subarray(0, at), other.subarray(from)]);
    }
    default: {
      const moved = bytes.slice();
      return moved.copyWithin(prng.below(bytes.length), at, end);
    }
  }
}

/** A number of the edges over what stands at `at`, in one of the ways numbers are written. */
function withNumber(prng: Prng, bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  const view = new DataView(changed.buffer, changed.byteOffset, changed.length);
  const value = prng.pick(EDGES);
  const isLittle = prng.chance(500);
  const width = prng.pick([2, 4, 8]);
  if (at + width > changed.length) return concatBytes([bytes.subarray(0, at), varint(value)]);
  if (width === 2) view.setUint16(at, Number(value & 0xffffn), isLittle);
  else if (width === 4) view.setUint32(at, Number(value & 0xffff_ffffn), isLittle);
  else view.setBigUint64(at, value, isLittle);
  return changed;
}

export function noise(prng: Prng): Uint8Array {
  return Uint8Array.from({ length: 1 + prng.below(16) }, () => prng.below(256));
}

/** protobuf's variable-length number of a value from 0 to 2^64 - 1. */
export function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value;; rest >>= 7n) {
    if (rest < 128n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 0x80);
  }
}

export function edgeNumber(prng: Prng): bigint {
  return prng.pick(EDGES);
}
