// What the log builds: the keys and the list of members, moved forward one entry at a time. The one place where
// Raft's entries meet the store. Everything here follows from the entries alone, so that members at the same index
// are equal to the byte.

import { assert } from "../base/assert.ts";
import { concatBytes, fromUtf8, utf8 } from "../base/bytes.ts";
import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import type { LogIndex } from "../base/ids.ts";
import { KvStore } from "../kv/kv_store.ts";
import type { KvStoreState } from "../kv/tables.ts";
import type { LogRequest } from "../wire/request_codec.ts";
import {
  ClusterMembers,
  type ClusterMembersState,
  decodeClusterMembers,
  encodeClusterMembers,
  type MembershipChange,
} from "./cluster_members.ts";
import type { ClientResult } from "./io.ts";

export interface StateMachineState {
  readonly kv: KvStoreState;
  readonly members: ClusterMembersState;
  readonly applied: LogIndex;
}

export class StateMachine {
  readonly kv: KvStore;
  readonly members: ClusterMembers;
  /** Index of the last entry applied. Invariant: grows by exactly one with each entry. */
  applied: LogIndex;

  constructor(parts?: { kv: KvStore; members: ClusterMembers; applied: LogIndex }) {
    this.kv = parts?.kv ?? new KvStore();
    this.members = parts?.members ?? new ClusterMembers();
    this.applied = parts?.applied ?? 0;
  }

  static restore(state: StateMachineState): StateMachine {
    return new StateMachine({
      kv: KvStore.restore(state.kv),
      members: new ClusterMembers(state.members),
      applied: state.applied,
    });
  }

  capture(): StateMachineState {
    return { kv: this.kv.capture(), members: this.members.capture(), applied: this.applied };
  }

  /** A new leader's empty entry, or one that Raft emptied: only the index moves. */
  applyNothing(index: LogIndex): void {
    this.#moveTo(index);
  }

  applyRequest(index: LogIndex, request: LogRequest): ClientResult | EtcdError {
    this.#moveTo(index);
    switch (request.kind) {
      case "publish":
        this.members.publish(request.member, request.name, request.clientUrls);
        return { kind: "done" };
      case "put":
      case "deleteRange":
      case "txn":
      case "compact":
      case "leaseGrant":
      case "leaseRevoke":
        return this.kv.apply(request).response;
      default:
        // Entries of a kind this version does not serve came from a newer or foreign leader: every member of this
        // version skips them alike.
        return ETCD_ERRORS.unknownMethod;
    }
  }

  /** @returns the list after the change, or why it could not be made; every member decides alike. */
  applyMembership(index: LogIndex, change: MembershipChange): ClientResult | EtcdError {
    this.#moveTo(index);
    const trouble = this.members.check(change);
    if (trouble) return trouble;
    const changed = this.members.apply(change);
    return { kind: "members", members: this.members.list(), changed };
  }

  /**
   * The whole state, for a snapshot:
   *
   *     | 4 bytes: length of the list, little endian | list of members, JSON | the store |
   */
  encode(): Uint8Array {
    const list = utf8(encodeClusterMembers(this.members));
    const length = new Uint8Array(4);
    for (let i = 0; i < 4; i++) length[i] = list.length >>> (8 * i);
    return concatBytes([length, list, this.kv.encode()]);
  }

  /** @returns null when the bytes are not what `encode` wrote. */
  static decode(bytes: Uint8Array, applied: LogIndex): StateMachine | null {
    if (bytes.length < 4) return null;
    const length = bytes[0]! + bytes[1]! * 2 ** 8 + bytes[2]! * 2 ** 16 + bytes[3]! * 2 ** 24;
    if (4 + length > bytes.length) return null;
    const members = decodeClusterMembers(fromUtf8(bytes.subarray(4, 4 + length)));
    const kv = KvStore.decode(bytes.subarray(4 + length));
    if (members === null || !(kv instanceof KvStore)) return null;
    return new StateMachine({ kv, members, applied });
  }

  #moveTo(index: LogIndex): void {
    assert(index === this.applied + 1, `applying entry ${index} after ${this.applied}`);
    this.applied = index;
  }
}
