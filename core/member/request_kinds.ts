// What a client's request is about, where several kinds share a way.

import { isReadOnlyTxn, type RangeRequest, type TxnRequest } from "../kv/requests.ts";
import { memberIdFor } from "../wire/etcd_ids.ts";
import type { MembershipChange } from "./cluster_members.ts";
import type { ClientRequest } from "./io.ts";

/** Answered from the state, once the quorum has confirmed how far it must have come. */
export function isRead(request: ClientRequest): request is RangeRequest | TxnRequest {
  return request.kind === "range" || (request.kind === "txn" && isReadOnlyTxn(request));
}

/** What only the leader can answer; a member that does not lead passes it on. */
export type LeadersRequest = Extract<
  ClientRequest,
  { readonly kind: "leaseKeepAlive" | "leaseTimeToLive" | "memberPromote" }
>;

export function isForLeader(request: ClientRequest): request is LeadersRequest {
  return request.kind === "memberPromote" || isLeaseQuestion(request);
}

/** Answered by the leader's clock, once the quorum has confirmed that it still is the leader. */
export function isLeaseQuestion(
  request: ClientRequest,
): request is Exclude<LeadersRequest, { readonly kind: "memberPromote" }> {
  return request.kind === "leaseKeepAlive" || request.kind === "leaseTimeToLive";
}

/** The change of members that a request asks for; null for all others. */
export function membershipChangeOf(request: ClientRequest): MembershipChange | null {
  switch (request.kind) {
    case "memberAdd": {
      const peerUrls = [...request.peerUrls].sort();
      // etcd hashes the token only into the ids of a cluster's first members.
      const id = memberIdFor(peerUrls, "", request.unixSeconds);
      return {
        kind: "add",
        member: { id, name: "", peerUrls, clientUrls: [], isLearner: request.isLearner },
      };
    }
    case "memberRemove":
      return { kind: "remove", id: request.member };
    case "memberPromote":
      return { kind: "promote", id: request.member };
    case "memberUpdate":
      return { kind: "update", id: request.member, peerUrls: request.peerUrls };
    default:
      return null;
  }
}
