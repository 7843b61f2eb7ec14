// Reads the data directory of a real etcd 3.4 and makes of it what one of our members recovers from: the member keeps
// its id, its cluster, its log and its data. That is also how a member starts on what `etcdctl snapshot restore` wrote.
//
//   member/wal/<sequence>-<index>.wal   the log                                      (etcd_wal.ts)
//   member/snap/<term>-<index>.snap     snappb.Snapshot around a raftpb.Snapshot, whose data is the tree of etcd's v2
//                                       store: the members are there
//   member/snap/db                      the database: keys and leases                (etcd_backend.ts)
//   member/snap/<index>.snap.db         a database that the leader sent, not yet put in its place
//
// The snapshot S, the database D and the end of the log stand at S <= D <= end. Keys are taken as of D; the members
// as of S are brought forward to D by the changes in the log; what follows D stays log and is applied by the member.

import type { DiskImage, DiskOp } from "../base/disk.ts";
import { fromUtf8 } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import type { LogIndex, MemberId } from "../base/ids.ts";
import { KvStore } from "../kv/kv_store.ts";
import { Alarms } from "../member/alarms.ts";
import { ClusterMembers } from "../member/cluster_members.ts";
import type { MemberInfo } from "../member/io.ts";
import { changeOf } from "../member/membership_entry.ts";
import { StateMachine } from "../member/state_machine.ts";
import type { Entry, Snapshot } from "../raft/types.ts";
import { hex16, type WalIdentity } from "../wal/segment.ts";
import { decodeOrExplain, MalformedBytes } from "../wire/border.ts";
import { readConfChange } from "../wire/conf_change_codec.ts";
import { readAttributesJson } from "../wire/member_context.ts";
import { decodeSnapshot } from "../wire/peer_codec.ts";
import { decodeLogCommand } from "../wire/request_codec.ts";
import { AuthStore } from "../auth/auth_store.ts";
import { type BackendState, decodeBackend } from "./etcd_backend.ts";
import { type EtcdSegment, type EtcdWal, isEtcdSegment, readEtcdWal } from "./etcd_wal.ts";
import { ProtoFields } from "./proto_fields.ts";
import { firstOps, type LogContent, snapshotOf } from "./restored_log.ts";
import { isTrouble, type Trouble, trouble } from "./trouble.ts";

const SEGMENT_NAME = /^wal\/([0-9a-f]{16})-([0-9a-f]{16})\.wal$/;
const SNAPSHOT_NAME = /^snap\/[0-9a-f]{16}-[0-9a-f]{16}\.snap$/;
const DATABASE = "snap/db";

/** A member of etcd's, as its data directory tells. */
export interface EtcdMember {
  readonly kind: "etcdMember";
  readonly identity: WalIdentity;
  readonly log: LogContent;
  /** The keys and members of the log's snapshot, for a host to tell about. */
  readonly machine: StateMachine;
}

/** Whether these files are etcd's rather than ours: then they are to be read by `readEtcdDir`. */
export function holdsEtcdData(image: DiskImage): boolean {
  return segmentsOf(image).some(({ bytes }) => isEtcdSegment(bytes));
}

/** The operations that make an empty disk hold this member. (Not the disk it was read from: names are alike.) */
export function importedDisk(member: EtcdMember): DiskOp[] {
  return firstOps(member.identity, member.log);
}

/**
 * @param image the files of DATA/member: "wal/…", "snap/…".
 * @returns the member, or what keeps it from being read, in a sentence that names the file. Never throws on bad bytes.
 */
export function readEtcdDir(image: DiskImage): EtcdMember | Trouble {
  const segments = segmentsOf(image);
  const wal = gapIn(segments) ?? readEtcdWal(segments);
  if (isTrouble(wal)) return wal;
  const base = newestSnapshot(image, wal);
  if (isTrouble(base)) return base;
  const entries = entriesAfter(base.index, wal.entries);
  if (isTrouble(entries)) return entries;
  const database = openDatabase(image, base.index);
  if (isTrouble(database)) return database;

  const { applied } = database;
  const lastIndex = entries.at(-1)?.index ?? base.index;
  if (applied < base.index) {
    return trouble(
      `${DATABASE} stands at entry ${applied}, behind the snapshot at ${base.index}: start etcd on it once`,
    );
  }
  if (applied > lastIndex) {
    return trouble(`${DATABASE} stands at entry ${applied}, and the log ends at ${lastIndex}`);
  }
  for (const entry of entries) {
    if (entry.index > applied) break;
    applyToMembers(base.members, entry);
  }
  const machine = new StateMachine({
    kv: database.kv,
    members: base.members,
    alarms: new Alarms(database.alarms),
    auth: database.auth,
    clusterVersion: database.clusterVersion,
    applied,
  });
  const term = applied === base.index ? base.term : entries[applied - base.index - 1]!.term;
  const later = entries.slice(applied - base.index);
  const password = later.find(holdsPassword);
  if (password) {
    return trouble(
      `entry ${password.index} of the log holds a password that ${DATABASE} does not know yet: start etcd on it once`,
    );
  }
  return {
    kind: "etcdMember",
    identity: wal.identity,
    log: {
      hardState: hardStateFor(wal, { applied, lastTerm: later.at(-1)?.term ?? term }),
      snapshot: applied === 0 ? null : snapshotOf(machine, term),
      entries: later,
    },
    machine,
  };
}

/** By name, and so oldest first. */
function segmentsOf(image: DiskImage): EtcdSegment[] {
  return [...image]
    .filter(([file]) => SEGMENT_NAME.test(file))
    .map(([file, bytes]) => ({ file, bytes }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

function gapIn(segments: readonly EtcdSegment[]): Trouble | null {
  const sequences = segments.map(({ file }) => parseInt(SEGMENT_NAME.exec(file)![1]!, 16));
  const gap = sequences.findIndex((sequence, i) => i > 0 && sequence !== sequences[i - 1]! + 1);
  return gap < 0 ? null : trouble(`the log misses a file before ${segments[gap]!.file}`);
}

/** Where the members are known from: a snapshot, or the log's beginning. */
interface Base {
  readonly kind: "base";
  readonly index: LogIndex;
  readonly term: number;
  readonly members: ClusterMembers;
}

/** The newest snapshot that is whole and that the log vouches for. (LoadNewestAvailable) */
function newestSnapshot(image: DiskImage, wal: EtcdWal): Base | Trouble {
  const files = [...image.keys()].filter((file) => SNAPSHOT_NAME.test(file)).sort().reverse();
  for (const file of files) {
    const snapshot = readSnapshot(image.get(file)!);
    if (snapshot === null) continue;
    const { index, term } = snapshot.meta;
    const isMarked = wal.snapshots.some((mark) => mark.index === index && mark.term === term);
    if (!isMarked || index > wal.hardState.commit) continue;
    const members = membersOfV2Store(snapshot.data);
    if (members.kind === "malformed") {
      return trouble(`${file}: its list of members cannot be read: ${members.why}`);
    }
    return { kind: "base", index, term, members: members.list };
  }
  return { kind: "base", index: 0, term: 0, members: new ClusterMembers() };
}

function readSnapshot(bytes: Uint8Array): Snapshot | null {
  const fields = ProtoFields.read(bytes);
  if (fields === null || BigInt(crc32c(fields.bytes(2))) !== fields.uint64(1)) return null;
  const snapshot = decodeSnapshot(fields.bytes(2));
  return "meta" in snapshot ? snapshot : null;
}

/** A node of etcd's v2 store, which keeps a tree of texts. */
interface V2Node {
  readonly Value?: unknown;
  readonly Children?: Readonly<Record<string, V2Node>> | null;
}

/** The members below /0/members and /0/removed_members. (membership: membersFromStore) */
function membersOfV2Store(data: Uint8Array) {
  return decodeOrExplain(() => {
    const store = JSON.parse(fromUtf8(data)) as { readonly Root?: V2Node } | null;
    const cluster = childrenOf(store?.Root)["0"];
    const members = Object.entries(childrenOf(childrenOf(cluster)["members"])).map(
      ([id, node]): MemberInfo => {
        const { raftAttributes, attributes } = childrenOf(node);
        const raft = JSON.parse(String(raftAttributes?.Value)) as { peerURLs?: unknown; isLearner?: unknown };
        if (!Array.isArray(raft.peerURLs)) throw new MalformedBytes(`member ${id} has no peer URLs`);
        const { name, clientUrls } = readAttributesJson(attributes ? String(attributes.Value) : "{}");
        return {
          id: memberIdOfText(id),
          name,
          peerUrls: raft.peerURLs.map(String),
          clientUrls,
          isLearner: raft.isLearner === true,
        };
      },
    );
    const removed = Object.keys(childrenOf(childrenOf(cluster)["removed_members"])).map(memberIdOfText);
    return { kind: "members" as const, list: new ClusterMembers({ members, removed }) };
  });
}

function childrenOf(node: V2Node | undefined): Readonly<Record<string, V2Node>> {
  const children = node?.Children ?? {};
  if (typeof children !== "object") throw new MalformedBytes("a node without children");
  return children;
}

function memberIdOfText(text: string): MemberId {
  if (!/^[0-9a-f]{1,16}$/.test(text) || /^0+$/.test(text)) throw new MalformedBytes(`member id "${text}"`);
  return text.padStart(16, "0") as MemberId;
}

/** The entries in force after `index`, without a gap; those that the log voids are gone. (WAL.ReadAll) */
function entriesAfter(index: LogIndex, written: readonly Entry[]): Entry[] | Trouble {
  const entries: Entry[] = [];
  for (const entry of written) {
    const place = entry.index - index - 1;
    if (place < 0) continue;
    if (place > entries.length) {
      return trouble(
        `the log goes on at entry ${entry.index} after ${index + entries.length}: it misses some`,
      );
    }
    entries.length = place;
    entries.push(entry);
  }
  return entries;
}

type Database = Pick<BackendState, "kv" | "applied" | "alarms" | "clusterVersion" | "auth">;

/** A member that has not applied anything to its database yet. */
function emptyDatabase(): Database {
  return { kv: new KvStore(), applied: 0, alarms: [], clusterVersion: null, auth: new AuthStore() };
}

function openDatabase(image: DiskImage, snapshotIndex: LogIndex): Database | Trouble {
  // A crash may have come between receiving the leader's database and putting it in place. (recoverSnapshotBackend)
  const sent = `snap/${hex16(snapshotIndex)}.snap.db`;
  const own = image.get(DATABASE);
  if (own === undefined && !image.has(sent)) {
    if (snapshotIndex > 0) return trouble(`there is no ${DATABASE}`);
    return emptyDatabase();
  }
  const state = own === undefined ? null : decodeBackend(own);
  const isBehind = state === null || (!isTrouble(state) && state.applied < snapshotIndex);
  const file = isBehind && image.has(sent) ? sent : DATABASE;
  const chosen = file === sent ? decodeBackend(image.get(sent)!) : state!;
  if (isTrouble(chosen)) return trouble(`${file}: ${chosen.says}`);
  // Before its first write to a key, a database holds at most leases, and the log will grant those again.
  return chosen.applied === 0 ? { ...emptyDatabase(), auth: chosen.auth } : chosen;
}

/** etcd's log keeps a new password as it was typed until the database has its hash; ours never does. */
function holdsPassword({ kind, data }: Entry): boolean {
  if (kind !== "normal" || data.length === 0) return false;
  const command = decodeLogCommand(data);
  if (command.kind === "malformed") return false;
  const { request } = command;
  return (request.kind === "userAdd" && !request.noPassword) || request.kind === "userChangePassword";
}

/** What an entry does to the list of members. All its other effects are in the database already. */
function applyToMembers(members: ClusterMembers, { kind, data }: Entry): void {
  if (data.length === 0) return;
  if (kind === "normal") {
    const command = decodeLogCommand(data);
    if (command.kind === "malformed" || command.request.kind !== "publish") return;
    members.publish(command.request.member, command.request.name, command.request.clientUrls);
    return;
  }
  const confChange = decodeOrExplain(() => readConfChange(kind, data));
  if ("kind" in confChange) return;
  const change = changeOf(confChange);
  if (change !== null && members.check(change) === null) members.apply(change);
}

/** The log's last word, which a crash may have kept from the disk while what it speaks of is there. */
function hardStateFor(
  { hardState }: EtcdWal,
  { applied, lastTerm }: { applied: LogIndex; lastTerm: number },
): LogContent["hardState"] {
  const { term, vote, commit } = hardState;
  const isBehind = lastTerm > term;
  return {
    term: isBehind ? lastTerm : term,
    vote: isBehind ? null : vote,
    commit: Math.max(commit, applied),
  };
}
