// What the answers look like: the parts that several commands print, in etcdctl's "simple", "json" and "fields" forms.
// (etcdctl/ctlv3/command/printer*.go)

import type { KeyValue, LeaseId, ResponseOp, TxnResponse } from "../../kv/requests.ts";
import type { MemberInfo } from "../../member/io.ts";
import type { WireHeader } from "../../wire/kv_messages.ts";
import { idToInt64, idToUint64 } from "../../wire/border.ts";
import { fromUtf8 } from "../../base/bytes.ts";
import { type GoJson, quoted, shownBytes, unlessEmpty } from "./go_text.ts";

export interface PrintOptions {
  readonly hex: boolean;
  readonly valueOnly: boolean;
}

const PLAIN: PrintOptions = { hex: false, valueOnly: false };

// --- json ----------------------------------------------------------------------------------------------------------

/** A response's header; what is zero is left out, as protobuf's JSON tags have it. */
export function headerJson(header: WireHeader): GoJson {
  return headerFields(header);
}

/** The header's fields, for answers that carry them without a header around them. */
export function headerFields(header: WireHeader): { readonly [name: string]: GoJson | undefined } {
  return {
    cluster_id: unlessEmpty(header.clusterId ?? 0n),
    member_id: unlessEmpty(header.memberId ?? 0n),
    revision: unlessEmpty(header.revision ?? 0n),
    raft_term: unlessEmpty(header.raftTerm ?? 0n),
  };
}

export function kvJson(kv: KeyValue): GoJson {
  return {
    key: unlessEmpty(kv.key),
    create_revision: unlessEmpty(kv.createRevision),
    mod_revision: unlessEmpty(kv.modRevision),
    version: unlessEmpty(kv.version),
    value: unlessEmpty(kv.value),
    lease: kv.lease === "" ? undefined : unlessEmpty(idToInt64(kv.lease)),
  };
}

/** Everything of a key-value response but its header. */
export function kvResponseJson(response: ResponseOp): { readonly [name: string]: GoJson | undefined } {
  switch (response.kind) {
    case "range":
      return {
        kvs: unlessEmpty(response.kvs.map(kvJson)),
        more: unlessEmpty(response.more),
        count: unlessEmpty(response.count),
      };
    case "put":
      return { prev_kv: response.prevKv === null ? undefined : kvJson(response.prevKv) };
    case "deleteRange":
      return {
        deleted: unlessEmpty(response.deleted),
        prev_kvs: unlessEmpty(response.prevKvs.map(kvJson)),
      };
    case "txn":
      return {
        succeeded: unlessEmpty(response.succeeded),
        responses: unlessEmpty(response.responses.map(opJson)),
      };
  }
}

const OP_NAMES = {
  range: "ResponseRange",
  put: "ResponsePut",
  deleteRange: "ResponseDeleteRange",
  txn: "ResponseTxn",
} as const;

function opJson(response: ResponseOp): GoJson {
  const header = { revision: unlessEmpty(response.revision) };
  return { Response: { [OP_NAMES[response.kind]]: { header, ...kvResponseJson(response) } } };
}

export function memberJson(member: MemberInfo): GoJson {
  return {
    ID: unlessEmpty(idToUint64(member.id)),
    name: unlessEmpty(member.name),
    peerURLs: unlessEmpty(member.peerUrls),
    clientURLs: unlessEmpty(member.clientUrls),
    isLearner: unlessEmpty(member.isLearner),
  };
}

// --- fields --------------------------------------------------------------------------------------------------------

export function field(name: string, value: string | number | bigint | boolean): string {
  return `"${name}" : ${typeof value === "string" ? quoted(value) : value}`;
}

export function headerLines(header: WireHeader): string[] {
  return [
    field("ClusterID", header.clusterId ?? 0n),
    field("MemberID", header.memberId ?? 0n),
    field("Revision", header.revision ?? 0n),
    field("RaftTerm", header.raftTerm ?? 0n),
  ];
}

export function kvLines(prefix: "" | "Prev", kv: KeyValue): string[] {
  return [
    field(`${prefix}Key`, fromUtf8(kv.key)),
    field(`${prefix}CreateRevision`, kv.createRevision),
    field(`${prefix}ModRevision`, kv.modRevision),
    field(`${prefix}Version`, kv.version),
    field(`${prefix}Value`, fromUtf8(kv.value)),
    field(`${prefix}Lease`, leaseNumber(kv.lease)),
  ];
}

/** A key-value response after its header. */
export function kvResponseLines(response: ResponseOp): string[] {
  switch (response.kind) {
    case "range":
      return [
        ...response.kvs.flatMap((kv) => kvLines("", kv)),
        field("More", response.more),
        field("Count", response.count),
      ];
    case "put":
      return response.prevKv === null ? [] : kvLines("Prev", response.prevKv);
    case "deleteRange":
      return [field("Deleted", response.deleted), ...response.prevKvs.flatMap((kv) => kvLines("Prev", kv))];
    case "txn":
      return [
        field("Succeeded", response.succeeded),
        ...response.responses.flatMap((op) => [
          ...headerLines({ clusterId: 0n, memberId: 0n, revision: BigInt(op.revision), raftTerm: 0n }),
          ...kvResponseLines(op),
        ]),
      ];
  }
}

export function leaseNumber(lease: LeaseId): bigint {
  return lease === "" ? 0n : idToInt64(lease);
}

// --- simple --------------------------------------------------------------------------------------------------------

export function kvPlain(kv: KeyValue, { hex, valueOnly }: PrintOptions = PLAIN): string[] {
  const value = shownBytes(kv.value, hex);
  return valueOnly ? [value] : [shownBytes(kv.key, hex), value];
}

export function kvResponsePlain(response: ResponseOp, options: PrintOptions = PLAIN): string[] {
  const pairs = { ...options, valueOnly: false };
  switch (response.kind) {
    case "range":
      return response.kvs.flatMap((kv) => kvPlain(kv, options));
    case "put":
      return ["OK", ...(response.prevKv === null ? [] : kvPlain(response.prevKv, pairs))];
    case "deleteRange":
      return [String(response.deleted), ...response.prevKvs.flatMap((kv) => kvPlain(kv, pairs))];
    case "txn":
      return txnPlain(response, pairs);
  }
}

function txnPlain(response: TxnResponse, options: PrintOptions): string[] {
  return [
    response.succeeded ? "SUCCESS" : "FAILURE",
    ...response.responses.flatMap((op) => ["", ...kvResponsePlain(op, options)]),
  ];
}
