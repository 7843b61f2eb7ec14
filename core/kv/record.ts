// What history is made of: one record for each change, a put or a deletion, never altered afterwards.
// Its byte form is etcd's own (mvccpb.KeyValue in protobuf), so that hashes agree with those of a real etcd.

import { EMPTY_BYTES } from "../base/bytes.ts";
import type { Revision } from "../base/ids.ts";
import type { KeyValue, LeaseId } from "./requests.ts";

export interface KvRecord {
  /**
   * A deletion has version 0, and of the rest only key and modRevision. Invariant: all records of a key that the
   * store holds share one Uint8Array as their key.
   */
  readonly kv: KeyValue;
  /** The change's turn within its revision, from 0. */
  readonly sub: number;
}

export function isDeletion(record: KvRecord): boolean {
  return record.kv.version === 0;
}

/** The record that ends a key's life. */
export function deletionRecord(key: Uint8Array, revision: Revision, sub: number): KvRecord {
  return {
    kv: { key, value: EMPTY_BYTES, createRevision: 0, modRevision: revision, version: 0, lease: "" },
    sub,
  };
}

/**
 * mvccpb.KeyValue in protobuf, fields in order, zero and empty ones left out. A deletion is stored by etcd as
 * its key alone: its revision stands in the bucket's key.
 */
export function keyValueBytes(record: KvRecord): Uint8Array {
  const { key, value, createRevision, modRevision, version, lease } = record.kv;
  const bytes = new Uint8Array(keyValueSize(record));
  let at = writeBytesField(bytes, 0, 0x0a, key);
  if (isDeletion(record)) return bytes;
  at = writeNumberField(bytes, at, 0x10, createRevision);
  at = writeNumberField(bytes, at, 0x18, modRevision);
  at = writeNumberField(bytes, at, 0x20, version);
  at = writeBytesField(bytes, at, 0x2a, value);
  if (lease !== "") {
    bytes[at++] = 0x30;
    writeVarint64(bytes, at, lease);
  }
  return bytes;
}

/** How many bytes `keyValueBytes` gives. */
export function keyValueSize(record: KvRecord): number {
  const { key, value, createRevision, modRevision, version, lease } = record.kv;
  const keySize = bytesFieldSize(key);
  if (isDeletion(record)) return keySize;
  return keySize + numberFieldSize(createRevision) + numberFieldSize(modRevision) + numberFieldSize(version) +
    bytesFieldSize(value) + (lease === "" ? 0 : 1 + varint64Size(lease));
}

/**
 * The record that `keyValueBytes` wrote, or null when the bytes are not such.
 * @param change its place in history, which a deletion's bytes do not tell.
 */
export function parseKeyValue(
  bytes: Uint8Array,
  change: { main: Revision; sub: number; isDeletion: boolean },
): KvRecord | null {
  let key: Uint8Array = EMPTY_BYTES;
  let value: Uint8Array = EMPTY_BYTES;
  let lease: LeaseId = "";
  const numbers = { 0x10: 0, 0x18: 0, 0x20: 0 };
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at++]!;
    const varintEnd = endOfVarint(bytes, at);
    if (varintEnd === null) return null;
    const varint = readVarint(bytes, at, varintEnd);
    if (tag === 0x0a || tag === 0x2a) {
      const end = varintEnd + varint;
      if (end > bytes.length) return null;
      if (tag === 0x0a) key = bytes.slice(varintEnd, end);
      else value = bytes.slice(varintEnd, end);
      at = end;
      continue;
    }
    if (tag === 0x10 || tag === 0x18 || tag === 0x20) {
      if (!Number.isSafeInteger(varint)) return null;
      numbers[tag] = varint;
    } else if (tag === 0x30) lease = readVarint64(bytes, at, varintEnd);
    else return null;
    at = varintEnd;
  }
  if (change.isDeletion) return deletionRecord(key, change.main, change.sub);
  if (numbers[0x18] !== change.main || numbers[0x20] === 0) return null;
  return {
    kv: {
      key,
      value,
      createRevision: numbers[0x10],
      modRevision: change.main,
      version: numbers[0x20],
      lease,
    },
    sub: change.sub,
  };
}

function bytesFieldSize(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : 1 + varintSize(bytes.length) + bytes.length;
}

function numberFieldSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

function writeBytesField(into: Uint8Array, at: number, tag: number, bytes: Uint8Array): number {
  if (bytes.length === 0) return at;
  into[at] = tag;
  const start = writeVarint(into, at + 1, bytes.length);
  into.set(bytes, start);
  return start + bytes.length;
}

function writeNumberField(into: Uint8Array, at: number, tag: number, value: number): number {
  if (value === 0) return at;
  into[at] = tag;
  return writeVarint(into, at + 1, value);
}

function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    into[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  into[at++] = rest;
  return at;
}

// A lease id uses all 64 bits, more than a number holds, hence bigint for it alone.
function varint64Size(hex: LeaseId): number {
  let size = 1;
  for (let rest = BigInt("0x" + hex) >> 7n; rest > 0n; rest >>= 7n) size += 1;
  return size;
}

function writeVarint64(into: Uint8Array, at: number, hex: LeaseId): void {
  let rest = BigInt("0x" + hex);
  for (; rest >= 0x80n; rest >>= 7n) into[at++] = Number(rest & 0x7fn) | 0x80;
  into[at] = Number(rest);
}

const VARINT_BYTES_MAX = 10;

function endOfVarint(bytes: Uint8Array, at: number): number | null {
  for (let end = at; end < Math.min(bytes.length, at + VARINT_BYTES_MAX);) {
    if (bytes[end++]! < 0x80) return end;
  }
  return null;
}

function readVarint(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = end - 1; i >= at; i--) value = value * 0x80 + (bytes[i]! & 0x7f);
  return value;
}

function readVarint64(bytes: Uint8Array, at: number, end: number): LeaseId {
  let value = 0n;
  for (let i = end - 1; i >= at; i--) value = (value << 7n) | BigInt(bytes[i]! & 0x7f);
  return BigInt.asUintN(64, value).toString(16).padStart(16, "0");
}
