// A namespace: clients of the proxy see their keys without the prefix under which they live in the cluster.
// (clientv3/namespace)

import { clone } from "@bufbuild/protobuf";
import { concatBytes } from "../../core/base/bytes.ts";
import type {
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  TxnRequest,
  TxnResponse,
} from "../../core/wire/gen/rpc_pb.ts";
import { TxnRequestSchema } from "../../core/wire/gen/rpc_pb.ts";

export class Namespace {
  readonly #prefix: Uint8Array;
  /** Where the range of all keys with the prefix ends; a zero byte when none does. */
  readonly #end: Uint8Array;

  constructor(prefix: Uint8Array) {
    this.#prefix = prefix;
    this.#end = endOf(prefix);
  }

  get isEmpty(): boolean {
    return this.#prefix.length === 0;
  }

  /** Puts the prefix before keys, in place. */
  enterRange(request: { key: Uint8Array; rangeEnd: Uint8Array }): void {
    if (this.isEmpty) return;
    request.rangeEnd = this.#enterEnd(request.rangeEnd);
    request.key = concatBytes([this.#prefix, request.key]);
  }

  enterPut(request: PutRequest): void {
    if (!this.isEmpty) request.key = concatBytes([this.#prefix, request.key]);
  }

  /** A copy, since the caller still needs the request as it came. */
  enterTxn(request: TxnRequest): TxnRequest {
    const inner = clone(TxnRequestSchema, request);
    if (!this.isEmpty) this.#enterTxnInPlace(inner);
    return inner;
  }

  leaveRange(response: RangeResponse): void {
    for (const kv of response.kvs) kv.key = kv.key.subarray(this.#prefix.length);
  }

  leavePut(response: PutResponse): void {
    if (response.prevKv) response.prevKv.key = response.prevKv.key.subarray(this.#prefix.length);
  }

  leaveDelete(response: DeleteRangeResponse): void {
    for (const kv of response.prevKvs) kv.key = kv.key.subarray(this.#prefix.length);
  }

  leaveTxn(response: TxnResponse): void {
    for (const { response: answer } of response.responses) {
      if (answer.case === "responseRange") this.leaveRange(answer.value);
      else if (answer.case === "responsePut") this.leavePut(answer.value);
      else if (answer.case === "responseDeleteRange") this.leaveDelete(answer.value);
      else if (answer.case === "responseTxn") this.leaveTxn(answer.value);
    }
  }

  #enterTxnInPlace(request: TxnRequest): void {
    for (const compare of request.compare) this.#enterCompare(compare);
    for (const op of [...request.success, ...request.failure]) this.#enterOp(op);
  }

  #enterCompare(compare: Compare): void {
    this.enterRange(compare);
  }

  #enterOp({ request }: RequestOp): void {
    if (request.case === "requestPut") this.enterPut(request.value);
    else if (request.case === "requestTxn") this.#enterTxnInPlace(request.value);
    else if (request.case !== undefined) this.enterRange(request.value as RangeRequest | DeleteRangeRequest);
  }

  #enterEnd(rangeEnd: Uint8Array): Uint8Array {
    if (rangeEnd.length === 0) return rangeEnd;
    // "All from the key on" means: all of the namespace from the key on.
    if (rangeEnd.length === 1 && rangeEnd[0] === 0) return this.#end;
    return concatBytes([this.#prefix, rangeEnd]);
  }
}

/** The first key behind all that begin with the prefix. */
function endOf(prefix: Uint8Array): Uint8Array {
  for (let last = prefix.length - 1; last >= 0; last--) {
    if (prefix[last] === 0xff) continue;
    const end = prefix.slice(0, last + 1);
    end[last]! += 1;
    return end;
  }
  return new Uint8Array([0]);
}
