// Who belongs to the cluster, as the log says: etcd's membership.RaftCluster. Changed only by applying entries, so
// every member holds the same list at the same index. Raft's own configuration says who votes; this says who they
// are, where they live, and who has left for good (an id never comes back).

import { assert } from "../base/assert.ts";
import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import { type MemberId, memberId } from "../base/ids.ts";
import type { MemberInfo } from "./io.ts";

/** etcd 3.4 takes one learner at a time. */
export const LEARNER_COUNT_MAX = 1;

export type MembershipChange =
  | { readonly kind: "add"; readonly member: MemberInfo }
  | { readonly kind: "remove"; readonly id: MemberId }
  | { readonly kind: "promote"; readonly id: MemberId }
  | { readonly kind: "update"; readonly id: MemberId; readonly peerUrls: readonly string[] };

export interface ClusterMembersState {
  readonly members: readonly MemberInfo[];
  readonly removed: readonly MemberId[];
}

export class ClusterMembers {
  #members: ReadonlyMap<MemberId, MemberInfo>;
  #removed: ReadonlySet<MemberId>;

  constructor(state: ClusterMembersState = { members: [], removed: [] }) {
    this.#members = new Map(state.members.map((member) => [member.id, member]));
    this.#removed = new Set(state.removed);
  }

  /** Sorted by id, as etcdctl lists them. */
  list(): readonly MemberInfo[] {
    return [...this.#members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get(id: MemberId): MemberInfo | undefined {
    return this.#members.get(id);
  }

  isRemoved(id: MemberId): boolean {
    return this.#removed.has(id);
  }

  /** Whether the change may be made, in etcd's words. (ValidateConfigurationChange) */
  check(change: MembershipChange): EtcdError | null {
    switch (change.kind) {
      case "add": {
        const { id, peerUrls, isLearner } = change.member;
        if (this.#removed.has(id) || this.#members.has(id)) return ETCD_ERRORS.memberExists;
        if (this.#urlsTaken(peerUrls, null)) return ETCD_ERRORS.peerUrlExists;
        const learnerCount = this.list().filter((member) => member.isLearner).length;
        if (isLearner && learnerCount >= LEARNER_COUNT_MAX) return ETCD_ERRORS.tooManyLearners;
        return null;
      }
      case "remove":
        return this.#members.has(change.id) ? null : ETCD_ERRORS.memberNotFound;
      case "promote":
        if (!this.#members.has(change.id)) return ETCD_ERRORS.memberNotFound;
        return this.#members.get(change.id)!.isLearner ? null : ETCD_ERRORS.memberNotLearner;
      case "update":
        if (!this.#members.has(change.id)) return ETCD_ERRORS.memberNotFound;
        return this.#urlsTaken(change.peerUrls, change.id) ? ETCD_ERRORS.peerUrlExists : null;
    }
  }

  /** Makes a change that `check` allows. Returns the member it was about, after (for a removal: before) the change. */
  apply(change: MembershipChange): MemberInfo {
    assert(this.check(change) === null, () => `membership change not allowed: ${JSON.stringify(change)}`);
    switch (change.kind) {
      case "add":
        return this.#set(change.member);
      case "remove": {
        const gone = this.#members.get(change.id)!;
        const members = new Map(this.#members);
        members.delete(change.id);
        this.#members = members;
        this.#removed = new Set([...this.#removed, change.id].sort());
        return gone;
      }
      case "promote":
        return this.#set({ ...this.#members.get(change.id)!, isLearner: false });
      case "update":
        return this.#set({ ...this.#members.get(change.id)!, peerUrls: [...change.peerUrls].sort() });
    }
  }

  /** A member that has started says its name and client URLs. One that is not (any more) in the list is ignored. */
  publish(id: MemberId, name: string, clientUrls: readonly string[]): void {
    const member = this.#members.get(id);
    if (member) this.#set({ ...member, name, clientUrls });
  }

  /** Plain data; lists sorted, so that equal clusters capture alike. */
  capture(): ClusterMembersState {
    return { members: this.list(), removed: [...this.#removed].sort() };
  }

  #set(member: MemberInfo): MemberInfo {
    this.#members = new Map(this.#members).set(member.id, member);
    return member;
  }

  #urlsTaken(urls: readonly string[], except: MemberId | null): boolean {
    return this.list().some((member) =>
      member.id !== except && member.peerUrls.some((url) => urls.includes(url))
    );
  }
}

/** Reads what `capture` gave, from JSON text that may hold more. @returns null when it is not there. */
export function decodeClusterMembers(text: string): ClusterMembers | null {
  try {
    const state = JSON.parse(text) as ClusterMembersState;
    const members = state.members.map((member): MemberInfo => ({
      id: memberId(member.id),
      name: String(member.name),
      peerUrls: member.peerUrls.map(String),
      clientUrls: member.clientUrls.map(String),
      isLearner: member.isLearner === true,
    }));
    return new ClusterMembers({ members, removed: state.removed.map(memberId) });
  } catch {
    return null;
  }
}
