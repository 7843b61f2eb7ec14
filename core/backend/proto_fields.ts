// A protobuf message taken apart field by field, for the few small messages that etcd keeps on disk and nobody sends:
// walpb.Record and Snapshot, snappb.Snapshot, etcdserverpb.Metadata, leasepb.Lease, AlarmMember. What a field means is
// the caller's affair.

import { EMPTY_BYTES } from "../base/bytes.ts";

const VARINT_BYTES_MAX = 10;

/** Fields by number; the last of a number counts, as protobuf has it. */
export class ProtoFields {
  readonly #numbers = new Map<number, bigint>();
  readonly #texts = new Map<number, Uint8Array>();

  /** Null when the bytes are no message. */
  static read(bytes: Uint8Array): ProtoFields | null {
    const fields = new ProtoFields();
    const cursor = { at: 0 };
    while (cursor.at < bytes.length) {
      const tag = readVarint(bytes, cursor);
      if (tag === null || tag > 0xffff_ffffn) return null;
      const field = Number(tag >> 3n);
      switch (Number(tag & 7n)) {
        case 0: {
          const value = readVarint(bytes, cursor);
          if (value === null) return null;
          fields.#numbers.set(field, value);
          break;
        }
        case 1:
          cursor.at += 8;
          break;
        case 2: {
          const length = readVarint(bytes, cursor);
          if (length === null || length > BigInt(bytes.length - cursor.at)) return null;
          const end = cursor.at + Number(length);
          fields.#texts.set(field, bytes.subarray(cursor.at, end));
          cursor.at = end;
          break;
        }
        case 5:
          cursor.at += 4;
          break;
        default:
          return null;
      }
    }
    return cursor.at === bytes.length ? fields : null;
  }

  /** An integer field, 0 when it is not there. */
  uint64(field: number): bigint {
    return this.#numbers.get(field) ?? 0n;
  }

  /** An integer field as a number, 0 when it is not there; null beyond the safe integers. */
  number(field: number): number | null {
    const value = Number(this.uint64(field));
    return Number.isSafeInteger(value) ? value : null;
  }

  /** A field of bytes, a view into the message; empty when it is not there. */
  bytes(field: number): Uint8Array {
    return this.#texts.get(field) ?? EMPTY_BYTES;
  }
}

/** A message of integer fields, in their order; those that are 0 are left out, as proto3 has it. */
export function integerFields(values: readonly (readonly [field: number, value: bigint])[]): Uint8Array {
  const bytes: number[] = [];
  for (const [field, value] of values) {
    if (value === 0n) continue;
    writeVarint(bytes, BigInt(field << 3));
    writeVarint(bytes, BigInt.asUintN(64, value));
  }
  return new Uint8Array(bytes);
}

function writeVarint(into: number[], value: bigint): void {
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) into.push(Number(rest & 0x7fn) | 0x80);
  into.push(Number(rest));
}

function readVarint(bytes: Uint8Array, cursor: { at: number }): bigint | null {
  let value = 0n;
  for (let i = 0; i < VARINT_BYTES_MAX; i++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) return null;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  return null;
}
