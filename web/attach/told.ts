// What etcd's JSON answers say, read into plain values. They come from outside: what is missing has proto3's default,
// and what is of a wrong kind counts as missing.

import type { Json } from "./gateway.ts";

/** A 64-bit id in hex without leading zeros, as etcdctl prints it. */
export type HexId = string;

export interface Header {
  readonly clusterId: HexId;
  readonly memberId: HexId;
  readonly revision: number;
  readonly term: number;
}

/** /v3/maintenance/status */
export interface Status {
  readonly header: Header;
  readonly version: string;
  readonly dbBytes: number;
  /** Null from releases that do not say (before 3.4). */
  readonly dbBytesInUse: number | null;
  /** Null when this member knows of no leader. */
  readonly leader: HexId | null;
  readonly term: number;
  /** The last index of its log that is committed, as etcd tells it. */
  readonly index: number;
  /** Null from releases that do not say (before 3.4). */
  readonly applied: number | null;
  readonly isLearner: boolean;
  /** Alarms and troubles, in etcd's words. */
  readonly errors: readonly string[];
}

export interface ListedMember {
  readonly id: HexId;
  /** Empty until the member has started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export interface KeyRow {
  /** Base64, as it goes back to etcd. */
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** Null without one. */
  readonly lease: HexId | null;
}

export interface KeyPage {
  readonly header: Header;
  readonly rows: readonly KeyRow[];
  /** How many there are in all. */
  readonly count: number;
}

export interface LeaseLeft {
  readonly id: HexId;
  /** Seconds; -1 when it has run out. */
  readonly ttl: number;
  readonly grantedTtl: number;
  readonly keyCount: number;
}

export interface KeyEvent {
  readonly isDelete: boolean;
  readonly row: KeyRow;
}

/** One line of /v3/watch. */
export interface WatchTold {
  readonly header: Header;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Greater than 0 when what was asked for is compacted. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  readonly events: readonly KeyEvent[];
}

export function readStatus(json: Json): Status | null {
  const header = readHeader(json);
  const version = textOf(json["version"]);
  if (header === null || version === "") return null;
  const leader = idOf(json["leader"]);
  return {
    header,
    version,
    dbBytes: numberOf(json["dbSize"]),
    dbBytesInUse: "dbSizeInUse" in json ? numberOf(json["dbSizeInUse"]) : null,
    leader: leader === "0" ? null : leader,
    term: numberOf(json["raftTerm"]),
    index: numberOf(json["raftIndex"]),
    applied: "raftAppliedIndex" in json ? numberOf(json["raftAppliedIndex"]) : null,
    isLearner: json["isLearner"] === true,
    errors: listOf(json["errors"]).filter((one) => typeof one === "string"),
  };
}

export function readMembers(json: Json): readonly ListedMember[] | null {
  if (readHeader(json) === null) return null;
  return objectsOf(json["members"]).map((member) => ({
    id: idOf(member["ID"]),
    name: textOf(member["name"]),
    peerUrls: listOf(member["peerURLs"]).filter((one) => typeof one === "string"),
    clientUrls: listOf(member["clientURLs"]).filter((one) => typeof one === "string"),
    isLearner: member["isLearner"] === true,
  }));
}

export function readKeyPage(json: Json): KeyPage | null {
  const header = readHeader(json);
  if (header === null) return null;
  return { header, rows: objectsOf(json["kvs"]).map(readRow), count: numberOf(json["count"]) };
}

/** /v3/lease/leases */
export function readLeaseIds(json: Json): readonly HexId[] {
  return objectsOf(json["leases"]).map((lease) => idOf(lease["ID"]));
}

/** /v3/lease/timetolive with keys */
export function readLeaseLeft(json: Json): LeaseLeft | null {
  if (readHeader(json) === null) return null;
  return {
    id: idOf(json["ID"]),
    ttl: numberOf(json["TTL"]),
    grantedTtl: numberOf(json["grantedTTL"]),
    keyCount: listOf(json["keys"]).length,
  };
}

/** The `result` of a line. */
export function readWatchTold(result: Json): WatchTold | null {
  const header = readHeader(result);
  if (header === null) return null;
  return {
    header,
    created: result["created"] === true,
    canceled: result["canceled"] === true,
    compactRevision: numberOf(result["compact_revision"]),
    cancelReason: textOf(result["cancel_reason"]),
    events: objectsOf(result["events"]).flatMap((event) => {
      const kv = objectOf(event["kv"]);
      return kv === null ? [] : [{ isDelete: event["type"] === "DELETE", row: readRow(kv) }];
    }),
  };
}

/** The header of any answer; null where there is none. */
export function readHeader(json: Json): Header | null {
  const header = objectOf(json["header"]);
  if (header === null) return null;
  return {
    clusterId: idOf(header["cluster_id"]),
    memberId: idOf(header["member_id"]),
    revision: numberOf(header["revision"]),
    term: numberOf(header["raft_term"]),
  };
}

function readRow(kv: Json): KeyRow {
  const lease = idOf(kv["lease"]);
  return {
    key: textOf(kv["key"]),
    value: textOf(kv["value"]),
    createRevision: numberOf(kv["create_revision"]),
    modRevision: numberOf(kv["mod_revision"]),
    version: numberOf(kv["version"]),
    lease: lease === "0" ? null : lease,
  };
}

/** Ids travel as decimal strings, signed for leases: a double would lose their low bits. */
function idOf(value: unknown): HexId {
  const text = typeof value === "number" ? String(value) : textOf(value);
  return /^-?\d{1,20}$/.test(text) ? BigInt.asUintN(64, BigInt(text)).toString(16) : "0";
}

/** The id as JSON wants it back: decimal, and signed as int64 for leases. */
export function decimalOf(id: HexId, signed = false): string {
  const value = BigInt(`0x${id}`);
  return String(signed ? BigInt.asIntN(64, value) : value);
}

function numberOf(value: unknown): number {
  const number = typeof value === "number" ? value : typeof value === "string" ? Number(value) : 0;
  return Number.isFinite(number) ? number : 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function objectOf(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Json : null;
}

function objectsOf(value: unknown): readonly Json[] {
  return listOf(value).map(objectOf).filter((one) => one !== null);
}
