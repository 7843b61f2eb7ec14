// What all codecs share at the border: 64-bit integers (ids are hex text inside, counters are numbers, so each crossing
// is checked here once), tables read in both directions, and the answer to bytes that make no sense.

import { InvariantViolation } from "../base/assert.ts";

/** Bytes from outside that do not say what they should; caught at the codec's door, never seen by callers. */
export class MalformedBytes extends Error {
  override name = "MalformedBytes";
}

/** What a decoder answers instead of a value when the bytes make no sense. `why` is for the log, not for a client. */
export interface Malformed {
  readonly kind: "malformed";
  readonly why: string;
}

/** The unsigned 64-bit integer that an id of 16 hex digits stands for. */
export function idToUint64(id: string): bigint {
  return BigInt("0x" + id);
}

/** 16 lowercase hex digits. `value` must be 0 to 2^64 - 1, as protobuf readers deliver it. */
export function uint64ToId(value: bigint): string {
  return value.toString(16).padStart(16, "0");
}

/** The signed 64-bit integer with the same bits as an id of 16 hex digits, as etcd keeps lease ids. */
export function idToInt64(id: string): bigint {
  return BigInt.asIntN(64, idToUint64(id));
}

/** 16 lowercase hex digits with the same bits as a signed 64-bit integer. */
export function int64ToId(value: bigint): string {
  return uint64ToId(BigInt.asUintN(64, value));
}

/**
 * A 64-bit integer as a number.
 * @throws MalformedBytes beyond the safe integers: no honest term, index or revision grows that large.
 */
export function safeNumber(value: bigint, what: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new MalformedBytes(`${what} ${value} is beyond the safe integers`);
  return number;
}

/**
 * Runs a decoder of bytes from outside. The protobuf reader reports nonsense by exceptions of several classes
 * (RangeError for a short buffer, Error for a bad tag); all of them mean the same here. Our own broken promises
 * pass through: they are no fault of the bytes.
 */
export function decodeOrExplain<T>(decode: () => T): T | Malformed {
  try {
    return decode();
  } catch (error) {
    if (error instanceof InvariantViolation || !(error instanceof Error)) throw error;
    return { kind: "malformed", why: error.message };
  }
}

/** Names by number, for a table of numbers by name. */
export function invert<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): ReadonlyMap<number, Name> {
  return new Map((Object.keys(numbers) as Name[]).map((name) => [numbers[name], name]));
}
