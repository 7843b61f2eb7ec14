// The values every part of the core speaks of. Ids are 16 lowercase hex digits: they sort like the uint64 they
// stand for, and they are what etcdctl prints. Terms, indexes and revisions are plain numbers, kept within safe
// integers; 64-bit fields are checked where bytes come in (wire/).

import { assert } from "./assert.ts";

declare const idBrand: unique symbol;
/** A member's id: 16 lowercase hex digits, never all zero (zero means "nobody" on the wire). */
export type MemberId = string & { readonly [idBrand]: "member" };
/** A cluster's id: 16 lowercase hex digits. */
export type ClusterId = string & { readonly [idBrand]: "cluster" };

/** Raft's logical clock: 0 before anything was heard, then growing. (Paper §5.1) */
export type Term = number;
/** A place in the log; the first entry is at 1, 0 stands before it. */
export type LogIndex = number;
/** etcd's version of the whole store: 1 when empty, +1 for each write transaction. */
export type Revision = number;

const ID_PATTERN = /^[0-9a-f]{16}$/;

/** @throws InvariantViolation unless `text` is 16 lowercase hex digits, not all zero. */
export function memberId(text: string): MemberId {
  assert(ID_PATTERN.test(text) && text !== "0000000000000000", () => `not a member id: ${text}`);
  return text as MemberId;
}

/** @throws InvariantViolation unless `text` is 16 lowercase hex digits. */
export function clusterId(text: string): ClusterId {
  assert(ID_PATTERN.test(text), () => `not a cluster id: ${text}`);
  return text as ClusterId;
}

/** The id of a small number, for simulations and tests: 1 is 0000000000000001. */
export function memberIdOf(value: number): MemberId {
  return memberId(value.toString(16).padStart(16, "0"));
}

/** etcd prints ids as hex without leading zeros. */
export function shortId(id: string): string {
  return id.replace(/^0+(?=.)/, "");
}
