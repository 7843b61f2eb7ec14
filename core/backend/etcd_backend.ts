// etcd's database: the buckets that etcd 3.4 keeps in its bbolt file, and our state as they hold it, in both
// directions. (mvcc/kvstore.go, lease/lessor.go, etcdserver/api/membership/store.go, etcdserver/api/v3alarm)
//
//   key              revision (17 bytes, and "t" for a deletion) -> mvccpb.KeyValue
//   lease            id, 8 bytes big-endian -> leasepb.Lease
//   meta             consistent_index -> the applied index, 8 bytes big-endian
//                    scheduledCompactRev, finishedCompactRev -> revision; the two differ while a compaction runs
//   members          id in hex -> JSON
//   members_removed  id in hex -> "removed"
//   cluster          clusterVersion -> such as 3.4.0
//   alarm            AlarmMember -> nothing
//   auth, authUsers, authRoles

import type { AuthStore } from "../auth/auth_store.ts";
import { concatBytes, EMPTY_BYTES, fromHex, fromUtf8, toHex, utf8 } from "../base/bytes.ts";
import { type LogIndex, type MemberId, type Revision, shortId } from "../base/ids.ts";
import { type KeyText, keyTextOf } from "../kv/key_text.ts";
import { KvStore } from "../kv/kv_store.ts";
import { type Lease, LEASE_TTL_MAX } from "../kv/lease_book.ts";
import { isDeletion, keyValueBytes, keyValueSize, type KvRecord, parseKeyValue } from "../kv/record.ts";
import { FIRST_REVISION, NEVER_COMPACTED, revisionBytes } from "../kv/revision.ts";
import { type Alarm, type AlarmKind, Alarms } from "../member/alarms.ts";
import type { MemberInfo } from "../member/io.ts";
import { StateMachine } from "../member/state_machine.ts";
import { idToUint64, uint64ToId } from "../wire/border.ts";
import { decodeMemberContext, encodeMemberContext, memberContext } from "../wire/member_context.ts";
import { authBuckets, readAuthBuckets } from "./auth_buckets.ts";
import { BboltFile, type BucketRef } from "./bbolt_reader.ts";
import { bucketOf, type ByteSource, type Pair, planBbolt, runToEnd, type Steps } from "./bbolt_writer.ts";
import { integerFields, ProtoFields } from "./proto_fields.ts";
import { isTrouble, type Trouble, trouble } from "./trouble.ts";

const CONSISTENT_INDEX = "consistent_index";
const FINISHED_COMPACTION = "finishedCompactRev";
const SCHEDULED_COMPACTION = "scheduledCompactRev";
const CLUSTER_VERSION = "clusterVersion";

const REVISION_BYTES = 17;
const REVISION_SEPARATOR = 0x5f; // "_"
const TOMBSTONE_MARK = 0x74; // "t"
const NOBODY = "0000000000000000";

/** Numbers of etcdserverpb.AlarmType. */
const ALARM_NUMBERS: Readonly<Record<AlarmKind, bigint>> = { noSpace: 1n, corrupt: 2n };
const ALARM_KINDS = new Map((["noSpace", "corrupt"] as const).map((kind) => [ALARM_NUMBERS[kind], kind]));

/** What a database of etcd's says. */
export interface BackendState {
  readonly kind: "backend";
  /** Keys with all revisions that compaction left, and leases. */
  readonly kv: KvStore;
  /** Sorted by id. After `etcdctl snapshot restore` still those of the old cluster. */
  readonly members: readonly MemberInfo[];
  readonly removed: readonly MemberId[];
  /** Null until the cluster has agreed on one. */
  readonly clusterVersion: string | null;
  /** Entries up to this one are in the keys. Leases, members and alarms may know some later ones. */
  readonly applied: LogIndex;
  readonly alarms: readonly Alarm[];
  readonly auth: AuthStore;
}

/**
 * The database of a member with this state, to be written front to back. The state is taken as it is at this call: the
 * member may go on between the steps.
 */
export function planBackend(machine: StateMachine): Steps<ByteSource> {
  const { kv, members, alarms, auth, clusterVersion, applied } = StateMachine.restore(machine.capture());
  const buckets = authBuckets(auth);
  const { members: present, removed } = members.capture();
  return planBbolt([
    bucketOf("alarm", alarms.capture().map(alarmPair)),
    bucketOf("auth", buckets.auth),
    bucketOf("authRoles", buckets.authRoles),
    bucketOf("authUsers", buckets.authUsers),
    bucketOf("cluster", clusterVersion === null ? [] : [[utf8(CLUSTER_VERSION), utf8(clusterVersion)]]),
    { name: utf8("key"), pairs: () => recordPairs(kv) },
    bucketOf("lease", kv.leases().map(leasePair)),
    bucketOf("members", present.map((member) => [utf8(shortId(member.id)), memberJson(member)])),
    bucketOf("members_removed", removed.map((id) => [utf8(shortId(id)), utf8("removed")])),
    bucketOf("meta", metaPairs(kv, applied)),
  ]);
}

/** The same as one piece of memory. */
export function encodeBackend(machine: StateMachine): Uint8Array {
  return concatBytes([...runToEnd(planBackend(machine)).chunks()]);
}

function* recordPairs(kv: KvStore): Generator<Pair> {
  for (const record of kv.records()) {
    const place = { main: record.kv.modRevision, sub: record.sub, isDeletion: isDeletion(record) };
    yield {
      keyBytes: REVISION_BYTES + Number(place.isDeletion),
      valueBytes: keyValueSize(record),
      key: () => revisionBytes(place),
      value: () => keyValueBytes(record),
    };
  }
}

type HeldPair = readonly [key: Uint8Array, value: Uint8Array];

function alarmPair({ member, alarm }: Alarm): HeldPair {
  return [integerFields([[1, idToUint64(member)], [2, ALARM_NUMBERS[alarm]]]), EMPTY_BYTES];
}

function leasePair({ id, grantedTtl }: Lease): HeldPair {
  return [fromHex(id), integerFields([[1, idToUint64(id)], [2, BigInt(grantedTtl)]])];
}

function memberJson({ id, name, peerUrls, clientUrls, isLearner }: MemberInfo): Uint8Array {
  return encodeMemberContext(memberContext({ id, name, peerUrls, clientUrls, isLearner }));
}

function metaPairs(kv: KvStore, applied: LogIndex): HeldPair[] {
  const index = new Uint8Array(8);
  new DataView(index.buffer).setBigUint64(0, BigInt(applied));
  const pairs: HeldPair[] = [[utf8(CONSISTENT_INDEX), index]];
  if (kv.compactRevision === NEVER_COMPACTED) return pairs;
  const compacted = revisionBytes({ main: kv.compactRevision, sub: 0, isDeletion: false });
  return [...pairs, [utf8(FINISHED_COMPACTION), compacted], [utf8(SCHEDULED_COMPACTION), compacted]];
}

/** What an etcd database holds, copied out of `bytes`; or what is wrong with it. Never throws on bad bytes. */
export function decodeBackend(bytes: Uint8Array): BackendState | Trouble {
  const file = BboltFile.open(bytes);
  if (isTrouble(file)) return file;
  const buckets = bucketsOf(file);
  if (isTrouble(buckets)) return buckets;
  if (!buckets.has("key") || !buckets.has("meta")) {
    return trouble(`it is a bbolt database, but not etcd's: it has no bucket "key" or no bucket "meta"`);
  }
  const reader = new BucketReader(file, buckets);
  const meta = readMeta(reader);
  const leases = readLeases(reader);
  const kv = readKeys(reader, meta, leases);
  const state = {
    members: readMembers(reader),
    removed: readRemoved(reader),
    clusterVersion: readClusterVersion(reader),
    applied: meta.applied,
    alarms: readAlarms(reader),
    auth: readAuthBuckets((name, onPair) => reader.forEach(name, onPair)),
  };
  if (reader.found !== null) return reader.found;
  return isTrouble(kv) ? kv : { kind: "backend", kv, ...state };
}

function bucketsOf(file: BboltFile): ReadonlyMap<string, BucketRef> | Trouble {
  const buckets = new Map<string, BucketRef>();
  const found = file.forEach(file.root, (item) => {
    if (item.kind === "pair") return trouble("its root holds a pair among the buckets");
    buckets.set(fromUtf8(item.key), item.bucket);
    return null;
  });
  return found ?? buckets;
}

/** Goes through buckets of pairs. After the first trouble, which it keeps, nothing is read any more. */
class BucketReader {
  readonly #file: BboltFile;
  readonly #buckets: ReadonlyMap<string, BucketRef>;
  #found: Trouble | null = null;

  constructor(file: BboltFile, buckets: ReadonlyMap<string, BucketRef>) {
    this.#file = file;
    this.#buckets = buckets;
  }

  get found(): Trouble | null {
    return this.#found;
  }

  /**
   * Calls `onPair` for each pair of a bucket, which may be missing: etcd makes buckets when it first needs them.
   * @param onPair returns false when a pair makes no sense.
   */
  forEach(name: string, onPair: (key: Uint8Array, value: Uint8Array) => boolean): void {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined || this.#found !== null) return;
    const found = this.#file.forEach(bucket, (item) => {
      if (item.kind === "bucket") return trouble("a bucket within it");
      return onPair(item.key, item.value)
        ? null
        : trouble(`the value of ${keyName(item.key)} makes no sense`);
    });
    if (found !== null) this.#found = trouble(`bucket "${name}": ${found.says}`);
  }
}

/** A key in a message: as text where it is such, else in hex. */
function keyName(key: Uint8Array): string {
  const shown = key.subarray(0, 64);
  return shown.every((byte) => byte >= 0x20 && byte < 0x7f) ? `"${fromUtf8(shown)}"` : `0x${toHex(shown)}`;
}

interface BackendMeta {
  readonly applied: LogIndex;
  readonly finishedCompaction: Revision;
  readonly scheduledCompaction: Revision;
}

function readMeta(reader: BucketReader): BackendMeta {
  let applied = 0;
  const compactions = { [FINISHED_COMPACTION]: NEVER_COMPACTED, [SCHEDULED_COMPACTION]: NEVER_COMPACTED };
  reader.forEach("meta", (key, value) => {
    const name = fromUtf8(key);
    if (name === CONSISTENT_INDEX) {
      const index = value.length === 8 ? uint64Of(value, 0) : null;
      applied = index ?? 0;
      return index !== null;
    }
    if (name === FINISHED_COMPACTION || name === SCHEDULED_COMPACTION) {
      const place = placeOf(value);
      compactions[name] = place?.main ?? NEVER_COMPACTED;
      return place !== null;
    }
    // Later releases keep more here.
    return true;
  });
  return {
    applied,
    finishedCompaction: compactions[FINISHED_COMPACTION],
    scheduledCompaction: compactions[SCHEDULED_COMPACTION],
  };
}

function readLeases(reader: BucketReader): Lease[] {
  const leases: Lease[] = [];
  reader.forEach("lease", (key, value) => {
    const fields = ProtoFields.read(value);
    const ttl = fields?.number(2) ?? null;
    if (fields === null || ttl === null || ttl < 0 || ttl > LEASE_TTL_MAX) return false;
    const id = uint64ToId(fields.uint64(1));
    leases.push({ id, grantedTtl: ttl });
    return id === toHex(key) && id !== NOBODY;
  });
  return leases;
}

function readKeys(reader: BucketReader, meta: BackendMeta, leases: readonly Lease[]): KvStore | Trouble {
  const { finishedCompaction, scheduledCompaction } = meta;
  const records: KvRecord[] = [];
  reader.forEach("key", (key, value) => {
    const place = placeOf(key);
    if (place === null || place.main < FIRST_REVISION) return false;
    const record = parseKeyValue(value, place);
    if (record === null || record.kv.key.length === 0) return false;
    records.push(record);
    return true;
  });
  if (reader.found !== null) return reader.found;

  const isCompacting = scheduledCompaction > finishedCompaction;
  const newest = records.at(-1)?.kv.modRevision ?? FIRST_REVISION;
  const kv = KvStore.fromHistory({
    records: isCompacting ? withoutOrphans(records, scheduledCompaction) : records,
    leases,
    // The newest changes may have been deletions, which compaction has taken away with their revisions.
    revision: Math.max(newest, finishedCompaction, scheduledCompaction),
    compactRevision: finishedCompaction,
  });
  if ("reason" in kv) return trouble(`bucket "key": ${kv.reason}`);
  // etcd goes on with an interrupted compaction when it starts, and so does this.
  if (isCompacting) kv.apply({ kind: "compact", revision: scheduledCompaction, physical: true });
  return kv;
}

/** An interrupted compaction may have removed a key's versions and not yet the deletion that followed them. */
function withoutOrphans(records: readonly KvRecord[], compaction: Revision): KvRecord[] {
  const alive = new Set<KeyText>();
  return records.filter((record) => {
    const key = keyTextOf(record.kv.key);
    if (!isDeletion(record)) alive.add(key);
    else if (!alive.delete(key) && record.kv.modRevision <= compaction) return false;
    return true;
  });
}

function readMembers(reader: BucketReader): MemberInfo[] {
  const members: MemberInfo[] = [];
  reader.forEach("members", (key, value) => {
    const context = decodeMemberContext(value);
    if (context.kind === "malformed" || shortId(context.id) !== fromUtf8(key)) return false;
    const { id, name, peerUrls, clientUrls, isLearner } = context;
    members.push({ id, name, peerUrls, clientUrls, isLearner });
    return true;
  });
  return members.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function readRemoved(reader: BucketReader): MemberId[] {
  const removed: MemberId[] = [];
  reader.forEach("members_removed", (key) => {
    const id = fromUtf8(key).padStart(16, "0");
    removed.push(id as MemberId);
    return /^[0-9a-f]{16}$/.test(id) && id !== NOBODY;
  });
  return removed.sort();
}

function readClusterVersion(reader: BucketReader): string | null {
  let version: string | null = null;
  reader.forEach("cluster", (key, value) => {
    if (fromUtf8(key) === CLUSTER_VERSION) version = fromUtf8(value);
    return true;
  });
  return version;
}

function readAlarms(reader: BucketReader): readonly Alarm[] {
  const alarms = new Alarms();
  reader.forEach("alarm", (key) => {
    const fields = ProtoFields.read(key);
    const alarm = ALARM_KINDS.get(fields?.uint64(2) ?? 0n);
    const id = uint64ToId(fields?.uint64(1) ?? 0n);
    if (alarm === undefined || id === NOBODY) return false;
    alarms.raise({ member: id as MemberId, alarm });
    return true;
  });
  return alarms.capture();
}

/** The place in history that a key of the bucket "key" names; the reverse of `revisionBytes`. */
function placeOf(bytes: Uint8Array): { main: Revision; sub: number; isDeletion: boolean } | null {
  const isDeletion = bytes.length === REVISION_BYTES + 1 && bytes[REVISION_BYTES] === TOMBSTONE_MARK;
  if (bytes.length !== REVISION_BYTES && !isDeletion) return null;
  const main = uint64Of(bytes, 0);
  const sub = uint64Of(bytes, 9);
  if (main === null || sub === null || bytes[8] !== REVISION_SEPARATOR) return null;
  return { main, sub, isDeletion };
}

/** Null beyond the safe integers. */
function uint64Of(bytes: Uint8Array, at: number): number | null {
  const value = Number(new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0));
  return Number.isSafeInteger(value) ? value : null;
}
