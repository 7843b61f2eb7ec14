// What the log builds: the keys, the list of members and the alarms, moved forward one entry at a time. The one place where
// Raft's entries meet the store. Everything here follows from the entries alone, so that members at the same index
// are equal to the byte.

import { AuthStore, type AuthStoreState } from "../auth/auth_store.ts";
import { refusalOfKeys } from "../auth/permissions.ts";
import { type AuthInfo, isAuthRequest, NOBODY } from "../auth/requests.ts";
import { assert } from "../base/assert.ts";
import { concatBytes, fromUtf8, utf8 } from "../base/bytes.ts";
import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import { type LogIndex, memberId } from "../base/ids.ts";
import { KvStore } from "../kv/kv_store.ts";
import type { KvEvent, KvWriteRequest, LeaseId, RangeRequest } from "../kv/requests.ts";
import type { KvStoreState } from "../kv/tables.ts";
import type { LogRequest } from "../wire/request_codec.ts";
import { type Alarm, Alarms, isAlarmKind } from "./alarms.ts";
import {
  ClusterMembers,
  type ClusterMembersState,
  decodeClusterMembers,
  type MembershipChange,
} from "./cluster_members.ts";
import type { ClientResult } from "./io.ts";
import { costOf } from "./space.ts";

export interface StateMachineState {
  readonly kv: KvStoreState;
  readonly members: ClusterMembersState;
  readonly alarms: readonly Alarm[];
  readonly auth: AuthStoreState;
  readonly clusterVersion: string | null;
  readonly applied: LogIndex;
}

/** What an applied request came to. */
export interface AppliedRequest {
  readonly answer: ClientResult | EtcdError;
  /** What changed in the store, all of it at its present revision. */
  readonly events: readonly KvEvent[];
}

interface Parts {
  readonly kv: KvStore;
  readonly members: ClusterMembers;
  readonly alarms: Alarms;
  readonly auth?: AuthStore;
  readonly clusterVersion: string | null;
  readonly applied: LogIndex;
}

export class StateMachine {
  readonly kv: KvStore;
  readonly members: ClusterMembers;
  readonly alarms: Alarms;
  readonly auth: AuthStore;
  /** The API that all members understand, such as "3.4.0"; null until a leader has said so. */
  clusterVersion: string | null;
  /** Index of the last entry applied. Invariant: grows by exactly one with each entry. */
  applied: LogIndex;

  constructor(parts?: Parts) {
    this.kv = parts?.kv ?? new KvStore();
    this.members = parts?.members ?? new ClusterMembers();
    this.alarms = parts?.alarms ?? new Alarms();
    this.auth = parts?.auth ?? new AuthStore();
    this.clusterVersion = parts?.clusterVersion ?? null;
    this.applied = parts?.applied ?? 0;
  }

  static restore(state: StateMachineState): StateMachine {
    return new StateMachine({
      kv: KvStore.restore(state.kv),
      members: new ClusterMembers(state.members),
      alarms: new Alarms(state.alarms),
      auth: new AuthStore(state.auth),
      clusterVersion: state.clusterVersion,
      applied: state.applied,
    });
  }

  capture(): StateMachineState {
    return {
      kv: this.kv.capture(),
      members: this.members.capture(),
      alarms: this.alarms.capture(),
      auth: this.auth.capture(),
      clusterVersion: this.clusterVersion,
      applied: this.applied,
    };
  }

  /** A new leader's empty entry, or one that Raft emptied: only the index moves. */
  applyNothing(index: LogIndex): void {
    this.#moveTo(index);
  }

  /** @param info who asked for it, and under which users and roles it was let in. */
  applyRequest(index: LogIndex, request: LogRequest, info: AuthInfo = NOBODY): AppliedRequest {
    this.#moveTo(index);
    if (isAuthRequest(request)) return changingNoKey(this.auth.apply(request, info, index));
    switch (request.kind) {
      case "publish":
        this.members.publish(request.member, request.name, request.clientUrls);
        return changingNoKey({ kind: "done" });
      case "clusterVersion":
        this.clusterVersion = request.version;
        return changingNoKey({ kind: "done" });
      case "alarm":
        return changingNoKey({ kind: "alarms", alarms: this.#applyAlarm(request) });
      default: {
        const refusal = this.#refusalOf(request) ?? this.refusalOfKeys(request, info);
        if (refusal) return changingNoKey(refusal);
        const { response, events } = this.kv.apply(request);
        return { answer: response, events };
      }
    }
  }

  /** Why this user may not do this with the keys, or null. */
  refusalOfKeys(request: RangeRequest | KvWriteRequest, info: AuthInfo): EtcdError | null {
    return refusalOfKeys(this.auth, info, request, (lease: LeaseId) => this.kv.leaseKeys(lease));
  }

  /** What the alarms forbid, on every member alike. (etcd's capped and corrupt appliers) */
  #refusalOf(request: LogRequest): EtcdError | null {
    if (this.alarms.has("corrupt")) return ETCD_ERRORS.corrupt;
    return this.alarms.has("noSpace") && costOf(request) > 0 ? ETCD_ERRORS.noSpace : null;
  }

  #applyAlarm({ action, member, alarm }: LogRequest & { kind: "alarm" }): readonly Alarm[] {
    if (action === "get") return this.alarms.list(alarm);
    if (member === null || alarm === "none") return [];
    const meant: Alarm = { member, alarm };
    if (action === "activate") this.alarms.raise(meant);
    else if (!this.alarms.clear(meant)) return [];
    return [meant];
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
   *     | 4 bytes: length of the JSON, little endian | members, alarms, users and version as JSON | the store |
   */
  encode(): Uint8Array {
    const { clusterVersion } = this;
    const cluster = utf8(
      JSON.stringify({
        ...this.members.capture(),
        alarms: this.alarms.capture(),
        // Left out where there is nothing to say, so that such a snapshot is what it was before there were users.
        ...(this.auth.isNew ? {} : { auth: this.auth.capture() }),
        clusterVersion,
      }),
    );
    const length = new Uint8Array(4);
    for (let i = 0; i < 4; i++) length[i] = cluster.length >>> (8 * i);
    return concatBytes([length, cluster, this.kv.encode()]);
  }

  /** @returns null when the bytes are not what `encode` wrote. */
  static decode(bytes: Uint8Array, applied: LogIndex): StateMachine | null {
    if (bytes.length < 4) return null;
    const length = bytes[0]! + bytes[1]! * 2 ** 8 + bytes[2]! * 2 ** 16 + bytes[3]! * 2 ** 24;
    if (4 + length > bytes.length) return null;
    const text = fromUtf8(bytes.subarray(4, 4 + length));
    const members = decodeClusterMembers(text);
    const kv = KvStore.decode(bytes.subarray(4 + length));
    const alarms = decodeAlarms(text);
    if (members === null || alarms === null || !(kv instanceof KvStore)) return null;
    return new StateMachine({ kv, members, ...alarms, applied });
  }

  #moveTo(index: LogIndex): void {
    assert(index === this.applied + 1, `applying entry ${index} after ${this.applied}`);
    this.applied = index;
  }
}

function changingNoKey(answer: ClientResult | EtcdError): AppliedRequest {
  return { answer, events: [] };
}

/** Snapshots of earlier versions know no alarms, no version or no users. @returns null when the text makes no sense. */
function decodeAlarms(text: string): Pick<Parts, "alarms" | "auth" | "clusterVersion"> | null {
  try {
    const { alarms = [], auth, clusterVersion = null } = JSON.parse(text) as {
      alarms?: readonly { member: string; alarm: string }[];
      auth?: AuthStoreState;
      clusterVersion?: string | null;
    };
    const raised = alarms.flatMap(({ member, alarm }): Alarm[] =>
      isAlarmKind(alarm) ? [{ member: memberId(member), alarm }] : []
    );
    return { alarms: new Alarms(raised), auth: new AuthStore(auth), clusterVersion };
  } catch {
    return null;
  }
}
