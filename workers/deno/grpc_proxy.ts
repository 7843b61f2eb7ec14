// `etcd grpc-proxy`: takes clients' calls and passes them on to whichever member answers, under a namespace if there is
// one, and answers serializable reads from memory where it can. (proxy/grpcproxy)
//
// Unary calls only: KV, Cluster, Maintenance, Lease and Auth. Watches and keep-alives, which etcd's proxy gathers into
// few streams, are answered UNIMPLEMENTED; a client that needs them can use the gateway, which passes everything on.

import { create, type DescMethod, type DescMethodUnary, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { RequestOp, TxnRequest } from "../../core/wire/gen/rpc_pb.ts";
import {
  Auth,
  Cluster,
  KV,
  Lease,
  Maintenance,
  MemberListResponseSchema,
} from "../../core/wire/gen/rpc_pb.ts";
import type { GrpcChannel } from "./grpc_channel.ts";
import { Namespace } from "./grpc_namespace.ts";
import type { GrpcAnswer, UnaryMethod } from "./grpc_server.ts";
import { RangeCache } from "./range_cache.ts";

export interface GrpcProxyOptions {
  readonly channel: GrpcChannel;
  /** Listed as the one member there is; "" to list the cluster's own. */
  readonly advertiseClientUrl: string;
  readonly hostname: string;
  readonly namespace: Uint8Array;
}

/** As long as etcd waits for a request, and an election besides. */
const ANSWER_MS_MAX = 10_000;

/** Calls that change nothing: they may be asked again elsewhere. */
const READS: ReadonlySet<DescMethodUnary> = new Set<DescMethodUnary>([
  KV.method.range,
  Cluster.method.memberList,
  Maintenance.method.status,
  Maintenance.method.hash,
  Maintenance.method.hashKV,
  Lease.method.leaseTimeToLive,
  Lease.method.leaseLeases,
]);

/** By path, as the gRPC server wants them. */
export function grpcProxyMethods(options: GrpcProxyOptions): ReadonlyMap<string, UnaryMethod> {
  const proxy = new GrpcProxy(options);
  const methods = new Map<string, UnaryMethod>();
  for (const service of [KV, Cluster, Maintenance, Lease, Auth]) {
    for (const method of service.methods) {
      if (!isUnary(method)) continue;
      methods.set(pathOf(method), (message, reply) => {
        void proxy.answer(method, message).then(reply, (error) => reply(malformed(error)));
        return null;
      });
    }
  }
  return methods;
}

class GrpcProxy {
  readonly #channel: GrpcChannel;
  readonly #namespace: Namespace;
  readonly #cache = new RangeCache();
  readonly #memberList: Uint8Array | null;

  constructor({ channel, advertiseClientUrl, hostname, namespace }: GrpcProxyOptions) {
    this.#channel = channel;
    this.#namespace = new Namespace(namespace);
    // Clients that look for other members must not be led around the proxy.
    this.#memberList = advertiseClientUrl === "" ? null : toBinary(
      MemberListResponseSchema,
      create(MemberListResponseSchema, { members: [{ name: hostname, clientURLs: [advertiseClientUrl] }] }),
    );
  }

  /** Rejects when a message cannot be read. */
  async answer(method: DescMethodUnary, message: Uint8Array): Promise<GrpcAnswer> {
    switch (method) {
      case KV.method.range:
        return await this.#range(message);
      case KV.method.put: {
        const request = fromBinary(KV.method.put.input, message);
        this.#namespace.enterPut(request);
        this.#cache.invalidate({ key: request.key, rangeEnd: new Uint8Array(0) });
        const answer = await this.#pass(method, toBinary(KV.method.put.input, request));
        return this.#rewrite(answer, KV.method.put.output, (response) => this.#namespace.leavePut(response));
      }
      case KV.method.deleteRange: {
        const request = fromBinary(KV.method.deleteRange.input, message);
        this.#namespace.enterRange(request);
        this.#cache.invalidate(request);
        const answer = await this.#pass(method, toBinary(KV.method.deleteRange.input, request));
        return this.#rewrite(
          answer,
          KV.method.deleteRange.output,
          (response) => this.#namespace.leaveDelete(response),
        );
      }
      case KV.method.txn:
        return await this.#txn(fromBinary(KV.method.txn.input, message));
      case KV.method.compact: {
        const answer = await this.#pass(method, message);
        const { revision } = fromBinary(KV.method.compact.input, message);
        if (answer.kind === "message") this.#cache.compact(revision);
        return answer;
      }
      case Cluster.method.memberList:
        if (this.#memberList !== null) return { kind: "message", bytes: this.#memberList };
        return await this.#pass(method, message);
      default:
        return await this.#pass(method, message);
    }
  }

  async #range(message: Uint8Array): Promise<GrpcAnswer> {
    const { input, output } = KV.method.range;
    const request = fromBinary(input, message);
    this.#namespace.enterRange(request);
    const asked = toBinary(input, request);
    // What was read with the quorum's word is as good for those who ask for less.
    const isSerializable = request.serializable;
    request.serializable = true;
    const cacheKey = toBinary(input, request);
    const known = isSerializable ? this.#cache.get(cacheKey) : null;
    if (known !== null) return known;
    const passed = await this.#pass(KV.method.range, asked);
    const answer = this.#rewrite(passed, output, (response) => this.#namespace.leaveRange(response));
    if (answer.kind === "message") this.#cache.add(cacheKey, request, request.revision, answer);
    return answer;
  }

  async #txn(request: TxnRequest): Promise<GrpcAnswer> {
    const { input, output } = KV.method.txn;
    const inner = this.#namespace.enterTxn(request);
    // Whichever branch is taken: what it may write is not to be answered from memory meanwhile, or afterwards.
    this.#forgetWritten(inner);
    const answer = await this.#pass(KV.method.txn, toBinary(input, inner));
    this.#forgetWritten(inner);
    for (const compare of inner.compare) this.#cache.invalidate(compare);
    return this.#rewrite(answer, output, (response) => this.#namespace.leaveTxn(response));
  }

  #forgetWritten({ success, failure }: TxnRequest): void {
    for (const { request } of [...success, ...failure] as readonly RequestOp[]) {
      if (request.case === "requestPut") {
        this.#cache.invalidate({ key: request.value.key, rangeEnd: new Uint8Array(0) });
      } else if (request.case === "requestDeleteRange") this.#cache.invalidate(request.value);
      else if (request.case === "requestTxn") this.#forgetWritten(request.value);
    }
  }

  #pass(method: DescMethodUnary, message: Uint8Array): Promise<GrpcAnswer> {
    return this.#channel.unary(pathOf(method), message, {
      canRepeat: READS.has(method),
      timeoutMs: ANSWER_MS_MAX,
    });
  }

  #rewrite<Output extends DescMethodUnary["output"]>(
    answer: GrpcAnswer,
    output: Output,
    change: (response: ReturnType<typeof fromBinary<Output>>) => void,
  ): GrpcAnswer {
    if (answer.kind === "error" || this.#namespace.isEmpty) return answer;
    const response = fromBinary(output, answer.bytes);
    change(response);
    return { kind: "message", bytes: toBinary(output, response) };
  }
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

function pathOf(method: DescMethodUnary): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function malformed(error: unknown): GrpcAnswer {
  return {
    kind: "error",
    code: "internal",
    message: `grpc: error unmarshalling request: ${error instanceof Error ? error.message : String(error)}`,
  };
}
