// A client's requests as words, and answers as words: `put x 1`, `get x serializable`, `txn x=1 then put x 2`.

import { assert } from "../base/assert.ts";
import { fromUtf8, utf8 } from "../base/bytes.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import type { ClientOperation } from "../check/history.ts";
import {
  type Compare,
  compare,
  deleteRangeRequest,
  type KeyValue,
  prefixEnd,
  putRequest,
  rangeRequest,
  type RequestOp,
  type ResponseOp,
  txnRequest,
} from "../kv/requests.ts";
import type { ClientRequest, ClientResponse } from "../member/io.ts";
import type { Arguments } from "./arguments.ts";
import { leaseIdOf } from "./stream_words.ts";

export const CLIENT_USAGES = {
  put: "put <key> <value> [lease=<id>] [at=<member>] [nowait]",
  get: "get <key> [prefix] [serializable] [revision=N] [at=<member>] [nowait]",
  del: "del <key> [prefix] [at=<member>] [nowait]",
  txn: "txn <compare>… then <op>; … [else <op>; …] [at=<member>] [nowait]; " +
    "compares: x=1, version(x)=0, mod(x)>3; ops: put x 1, get x, del x",
  compact: "compact <revision> [at=<member>] [nowait]",
} as const;

export type ClientVerb = keyof typeof CLIENT_USAGES;

/** The words after a client's verb, `at=` and `nowait` already taken, as a request. */
export function readRequest(verb: ClientVerb, args: Arguments): ClientRequest {
  switch (verb) {
    case "put": {
      const lease = args.named("lease");
      return putRequest({
        key: utf8(args.word("a key")),
        value: utf8(args.word("a value")),
        ...(lease !== null && { lease: leaseIdOf(lease, args) }),
      });
    }
    case "get": {
      const isPrefix = args.flag("prefix");
      const serializable = args.flag("serializable");
      const revision = args.namedNumber("revision", 0);
      const key = utf8(args.word("a key"));
      return rangeRequest({ key, serializable, revision, ...(isPrefix && { rangeEnd: prefixEnd(key) }) });
    }
    case "del": {
      const isPrefix = args.flag("prefix");
      const key = utf8(args.word("a key"));
      return deleteRangeRequest({ key, ...(isPrefix && { rangeEnd: prefixEnd(key) }) });
    }
    case "txn":
      return readTxn(args);
    case "compact":
      return {
        kind: "compact",
        revision: args.number(args.word("a revision"), "the revision"),
        physical: false,
      };
  }
}

function readTxn(args: Arguments): ClientRequest {
  const words = args.rest();
  const thenAt = words.indexOf("then");
  if (thenAt < 0) args.fail('expected "then"');
  const elseAt = words.includes("else") ? words.indexOf("else") : words.length;
  if (elseAt < thenAt) args.fail('expected "then" before "else"');
  return txnRequest({
    compare: words.slice(0, thenAt).map((word) => readCompare(word, args)),
    success: readOps(words.slice(thenAt + 1, elseAt), args),
    failure: readOps(words.slice(elseAt + 1), args),
  });
}

const RESULTS = { "=": "equal", "!=": "notEqual", ">": "greater", "<": "less" } as const;

function readCompare(word: string, args: Arguments): Compare {
  const match = /^(?:(value|version|mod|create)\(([^)]+)\)|([^=!<>]+))(!=|=|<|>)(.*)$/.exec(word);
  if (!match) return args.fail(`expected a compare like x=1 or mod(x)=3, not "${word}"`);
  const [, named = "value", inside, plain, sign, text] = match;
  assert(sign !== undefined && text !== undefined, "the pattern has a sign and a text");
  const key = utf8(inside ?? plain!);
  const result = RESULTS[sign as keyof typeof RESULTS];
  const kind = named as "value" | "version" | "mod" | "create";
  const target = kind === "value"
    ? { kind, value: utf8(text) }
    : { kind, value: args.number(text, `what ${kind}(…) is compared with`) };
  return compare({ key, target, result });
}

function readOps(words: readonly string[], args: Arguments): readonly RequestOp[] {
  const ops = words.join(" ").split(";").map((op) => op.trim().split(/\s+/)).filter(([first]) =>
    first !== ""
  );
  return ops.map(([verb, key, value, ...more]): RequestOp => {
    const count = verb === "put" ? 2 : 1;
    const given = [key, value, ...more].filter((word) => word !== undefined).length;
    if (given !== count) {
      args.fail(`expected ops like put x 1, get x or del x, not "${[verb, key].join(" ")}"`);
    }
    switch (verb) {
      case "put":
        return putRequest({ key: utf8(key!), value: utf8(value!) });
      case "get":
        return rangeRequest({ key: utf8(key!) });
      case "del":
        return deleteRangeRequest({ key: utf8(key!) });
      default:
        return args.fail(`expected put, get or del, not "${verb}"`);
    }
  });
}

/** What the client asked, in the words it was asked with. */
export function requestText(request: ClientRequest): string {
  switch (request.kind) {
    case "put":
      return `put ${shown(request.key)}=${shown(request.value)}`;
    case "range": {
      const many = request.rangeEnd.length > 0 ? " prefix" : "";
      const at = request.revision > 0 ? ` revision=${request.revision}` : "";
      return `get ${shown(request.key)}${many}${request.serializable ? " serializable" : ""}${at}`;
    }
    case "deleteRange":
      return `del ${shown(request.key)}${request.rangeEnd.length > 0 ? " prefix" : ""}`;
    case "compact":
      return `compact ${request.revision}`;
    case "txn":
      return `txn of ${request.success.length} or ${request.failure.length} ops`;
    default:
      return request.kind;
  }
}

/** What became of it, for the history. */
export function outcomeText(operation: ClientOperation): string {
  const { request, response, outcome } = operation;
  if (response === null) return "no answer yet";
  const text = responseText(response);
  return outcome === "unknown" && request.kind !== "range" ? `${text} (may have happened, or may yet)` : text;
}

/** An answer in one line, or in one line for each key found. */
export function responseText(response: ClientResponse): string {
  if (isEtcdError(response)) return `error: ${response.message}`;
  const { result } = response;
  switch (result.kind) {
    case "put":
      return `ok: revision ${result.revision}`;
    case "deleteRange":
      return `deleted ${result.deleted}: revision ${result.revision}`;
    case "range":
      return rangeText(result.kvs, result.revision);
    case "txn": {
      const ops = result.responses.map(opText).join("; ");
      const branch = result.succeeded ? "then" : "else";
      return `${branch}${ops === "" ? "" : ` ${ops}`}: revision ${result.revision}`;
    }
    case "compact":
      return `compacted: revision ${response.header.revision}`;
    default:
      return "ok";
  }
}

function rangeText(kvs: readonly KeyValue[], revision: number): string {
  if (kvs.length === 0) return `nothing: revision ${revision}`;
  return kvs.map((kv) =>
    `${pairText(kv)} (mod ${kv.modRevision}, version ${kv.version}): revision ${revision}`
  ).join("\n");
}

function opText(response: ResponseOp): string {
  switch (response.kind) {
    case "put":
      return "put";
    case "deleteRange":
      return `deleted ${response.deleted}`;
    case "range":
      return response.kvs.length === 0 ? "nothing" : response.kvs.map(pairText).join(" ");
    case "txn":
      return response.succeeded ? "then" : "else";
  }
}

export function pairText(kv: KeyValue): string {
  return `${shown(kv.key)}=${shown(kv.value)}`;
}

function shown(bytes: Uint8Array): string {
  return fromUtf8(bytes);
}
