// A change of members on its way through the log: Raft sees who votes, the context carries the rest as etcd's JSON.

import { memberId } from "../base/ids.ts";
import type { ConfChange, ConfChangeSingle } from "../raft/types.ts";
import { decodeMemberContext, encodeMemberContext, memberContext } from "../wire/member_context.ts";
import type { MembershipChange } from "./cluster_members.ts";

/** The conf change entry for a change. */
export function confChangeOf(change: MembershipChange, entryId: string): ConfChange {
  return {
    transition: "auto",
    changes: [singleOf(change)],
    context: contextOf(change),
    requestId: BigInt("0x" + entryId),
  };
}

/** The change that a conf change entry makes to the list of members; null when its context does not say. */
export function changeOf(confChange: ConfChange): MembershipChange | null {
  const single = confChange.changes[0];
  if (!single || confChange.changes.length > 1) return null;
  if (single.kind === "remove") return { kind: "remove", id: single.member };
  const context = decodeMemberContext(confChange.context);
  if (context.kind === "malformed" || context.id !== single.member) return null;
  if (single.kind === "update") return { kind: "update", id: single.member, peerUrls: context.peerUrls };
  if (context.isPromote) return { kind: "promote", id: single.member };
  const { id, name, peerUrls, clientUrls } = context;
  return {
    kind: "add",
    member: { id: memberId(id), name, peerUrls, clientUrls, isLearner: single.kind === "addLearner" },
  };
}

function singleOf(change: MembershipChange): ConfChangeSingle {
  switch (change.kind) {
    case "add":
      return { kind: change.member.isLearner ? "addLearner" : "addVoter", member: change.member.id };
    case "promote":
      return { kind: "addVoter", member: change.id };
    case "remove":
      return { kind: "remove", member: change.id };
    case "update":
      return { kind: "update", member: change.id };
  }
}

function contextOf(change: MembershipChange): Uint8Array {
  switch (change.kind) {
    case "add": {
      const { id, name, peerUrls, clientUrls, isLearner } = change.member;
      return encodeMemberContext(memberContext({ id, name, peerUrls, clientUrls, isLearner }));
    }
    case "promote":
      return encodeMemberContext(memberContext({ id: change.id, isPromote: true }));
    case "remove":
      return encodeMemberContext(memberContext({ id: change.id }));
    case "update":
      return encodeMemberContext(memberContext({ id: change.id, peerUrls: change.peerUrls }));
  }
}

/** The proposer's name for the change, as `confChangeOf` took it. */
export function entryIdOf(confChange: ConfChange): string {
  return confChange.requestId.toString(16).padStart(16, "0");
}
