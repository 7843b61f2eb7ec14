// How etcd names members and clusters: by hashes of what they were started with, so that all members of a new
// cluster compute the same ids without talking to each other, and two clusters that differ in their token alone
// are strangers. (membership.newMember, RaftCluster.genID)

import { sha1 } from "@noble/hashes/legacy.js";
import { assert } from "../base/assert.ts";
import { concatBytes, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { type ClusterId, clusterId, type MemberId, memberId } from "../base/ids.ts";

/**
 * A member's id: the first 8 bytes of SHA-1 over its sorted peer URLs, the token, and for a member added to a running
 * cluster the time of the addition. etcd leaves the token empty in that last case.
 * @param unixSeconds whole seconds since 1970, or undefined for a member of the initial cluster.
 */
export function memberIdFor(peerUrls: readonly string[], token: string, unixSeconds?: number): MemberId {
  const time = unixSeconds === undefined ? "" : unixSeconds.toFixed(0);
  return memberId(first8(utf8([...peerUrls].sort().join("") + token + time)));
}

/** A cluster's id: the first 8 bytes of SHA-1 over the sorted ids of its initial members. */
export function clusterIdFor(memberIds: readonly MemberId[]): ClusterId {
  assert(memberIds.length > 0, "a cluster without members has no id");
  return clusterId(first8(concatBytes([...memberIds].sort().map(fromHex))));
}

function first8(bytes: Uint8Array): string {
  return toHex(sha1(bytes).subarray(0, 8));
}
