// The plan of a simulated cluster, and the ids and addresses that follow from it: those of the tutorials' local
// cluster, so that a simulated infra1 bears the very id that a real one would.

import { type ClusterId, type MemberId } from "../base/ids.ts";
import type { MemberInfo } from "../member/io.ts";
import type { Rules, Timing } from "../member/options.ts";
import { clusterIdFor, memberIdFor } from "../wire/etcd_ids.ts";
import type { BrokenRuleKey } from "./broken/mod.ts";
import type { LinkSettings } from "./sim_network.ts";

export interface ClusterPlan {
  /** Safe integer >= 0: draws everything that is left to chance. */
  readonly seed: number;
  /** Members at the start, named infra1 … infraN. */
  readonly size: number;
  readonly timing: Timing;
  readonly rules: Rules;
  readonly link: LinkSettings;
  /** How long a write takes. */
  readonly diskDelayMsMin: number;
  readonly diskDelayMsMax: number;
  /** Each member's clock runs up to this much fast or slow. */
  readonly clockDriftPerMille: number;
  readonly snapshotCount: number;
  readonly catchUpEntries: number;
  readonly segmentBytesMax: number;
  /** Bytes of entries in one append; left out: etcd's megabyte. Small ones take a log apart, entry by entry. */
  readonly appendBytesMax?: number;
  /** Every member lacks this rule; left out: the sound core. */
  readonly broken?: BrokenRuleKey;
}

export const CLUSTER_TOKEN = "etcd-cluster-1";

/** The addresses of the tutorials: peers on 12380, 22380, …; clients on 2379, 22379, 32379, …. */
export function initialMembers(size: number): readonly MemberInfo[] {
  return Array.from({ length: size }, (_, i): MemberInfo => {
    const peerUrls = [`http://127.0.0.1:${i + 1}2380`];
    return {
      id: memberIdFor(peerUrls, CLUSTER_TOKEN),
      name: `infra${i + 1}`,
      peerUrls,
      clientUrls: [i === 0 ? "http://127.0.0.1:2379" : `http://127.0.0.1:${i + 1}2379`],
      isLearner: false,
    };
  });
}

export function clusterOf(members: readonly MemberInfo[]): ClusterId {
  return clusterIdFor(members.map((member): MemberId => member.id));
}
