// Who the members of a cluster in a tab are: named and addressed as in the tutorials, so that a cluster of three has
// the very ids that etcd gives theirs. Nobody listens at these addresses; they are what the ids are made from.

import { assert } from "../../core/base/assert.ts";
import type { ClusterId, MemberId } from "../../core/base/ids.ts";
import type { MemberInfo } from "../../core/member/io.ts";
import { clusterIdFor, memberIdFor } from "../../core/wire/etcd_ids.ts";

export const MEMBER_COUNT_MAX = 9;
export const CLUSTER_TOKEN = "etcd-cluster-1";
/** Ports go up to 65535: the seventh member moves to the next loopback address. */
const MEMBERS_PER_ADDRESS = 6;

export interface ClusterIdentity {
  readonly clusterId: ClusterId;
  /** infra1 first; client addresses empty, as before a member has published itself. */
  readonly members: readonly MemberInfo[];
}

/** @param size 1 to 9. */
export function clusterIdentity(size: number): ClusterIdentity {
  assert(
    Number.isInteger(size) && size >= 1 && size <= MEMBER_COUNT_MAX,
    () => `a cluster of ${size} members`,
  );
  const members = Array.from({ length: size }, (_, place): MemberInfo => {
    const peerUrls = [`http://${hostOf(place)}:${portBase(place) + 2380}`];
    const id: MemberId = memberIdFor(peerUrls, CLUSTER_TOKEN);
    return { id, name: `infra${place + 1}`, peerUrls, clientUrls: [], isLearner: false };
  });
  return { clusterId: clusterIdFor(members.map(({ id }) => id)), members };
}

/** Where the member at this place (0 for infra1) would take clients: the first one at etcd's usual port. */
export function clientUrlsOf(place: number): readonly string[] {
  const base = place === 0 ? 0 : portBase(place);
  return [`http://${hostOf(place)}:${base + 2379}`];
}

function hostOf(place: number): string {
  return `127.0.0.${1 + Math.floor(place / MEMBERS_PER_ADDRESS)}`;
}

function portBase(place: number): number {
  return 10_000 * (1 + place % MEMBERS_PER_ADDRESS);
}
