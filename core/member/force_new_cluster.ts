// The last resort (--force-new-cluster): the quorum is lost for good, and one member's log becomes a cluster of that
// member alone. To its log are added, as committed, the removal of every other member and, where it is missing, its
// own addition; from there on it is an ordinary cluster of one. (etcdserver/raft.go: restartAsStandaloneNode)
//
// etcd drops what its log holds beyond the commit index that is on disk. Here the whole log counts: our commit index
// rides along with later writes, so the entries behind it may well have been acknowledged, and this member will never
// again meet anyone who could say otherwise.

import type { DiskImage, DiskOp } from "../base/disk.ts";
import type { MemberId } from "../base/ids.ts";
import type { Entry } from "../raft/types.ts";
import { recover } from "../wal/wal_reader.ts";
import type { WalIdentity } from "../wal/segment.ts";
import { confChangeCodec } from "../wire/conf_change_codec.ts";
import { ClusterMembers, type MembershipChange } from "./cluster_members.ts";
import type { MemberInfo } from "./io.ts";
import { changeOf, confChangeOf } from "./membership_entry.ts";
import { StateMachine } from "./state_machine.ts";

export interface ForcedCluster {
  readonly kind: "forced";
  /** To be made durable before the member is recovered; none when it is alone already. */
  readonly ops: readonly DiskOp[];
  readonly removed: readonly MemberId[];
}

/**
 * @param self this member as it should be listed if its log does not list it.
 * @returns null when the disk holds no log that could be used: recovery says why.
 */
export function forceNewCluster(
  image: DiskImage,
  identity: WalIdentity,
  self: MemberInfo,
  segmentBytesMax: number,
): ForcedCluster | null {
  const verdict = recover(image, { segmentBytesMax, identity });
  if (verdict.kind !== "recovered") return null;
  const { writer, repairs, hardState, entries, snapshot } = verdict;
  const members = snapshot === null
    ? new ClusterMembers()
    : StateMachine.decode(snapshot.data, snapshot.meta.index)?.members ?? null;
  if (members === null) return null;
  for (const entry of entries) {
    if (entry.kind === "normal" || entry.index <= (snapshot?.meta.index ?? 0)) continue;
    const change = changeOf(confChangeCodec.decode(entry.kind, entry.data));
    if (change !== null && members.check(change) === null) members.apply(change);
  }

  const others = members.list().filter(({ id }) => id !== identity.memberId);
  // First a voter of its own, then nobody else: at no step may the cluster be without one.
  const own = members.get(identity.memberId);
  const changes: MembershipChange[] = [];
  if (own === undefined) {
    changes.push({ kind: "add", member: { ...self, id: identity.memberId, isLearner: false } });
  } else if (own.isLearner) changes.push({ kind: "promote", id: identity.memberId });
  for (const { id } of others) changes.push({ kind: "remove", id });
  if (changes.length === 0) return { kind: "forced", ops: [], removed: [] };

  const { lastIndex } = writer;
  const added = changes.map((change, i): Entry => ({
    index: lastIndex + 1 + i,
    term: hardState.term,
    kind: "confChangeV1",
    data: confChangeCodec.encode(confChangeOf(change, NO_REQUEST), "confChangeV1"),
  }));
  const ops = writer.append({
    hardState: { ...hardState, commit: lastIndex + added.length },
    entries: added,
    snapshot: null,
  });
  return { kind: "forced", ops: [...repairs, ...ops], removed: others.map(({ id }) => id) };
}

/** Nobody waits for these changes. */
const NO_REQUEST = "0000000000000000";
