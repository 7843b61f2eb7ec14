// etcd's gRPC services in front of a member: every method of the tables in core/etcd/services.ts and calls.ts, as the
// gRPC server wants it. All that is added here is the way there and back.

import { isEtcdError } from "../../core/base/etcd_error.ts";
import { ETCD_METHODS, type EtcdMethod } from "../../core/etcd/services.ts";
import { type ApiHost, askerOf } from "./api_host.ts";
import type { UnaryMethod } from "./grpc_server.ts";
import type { StreamHandler } from "./http2/server_connection.ts";
import type { StreamMethod } from "./grpc_stream.ts";

/** By path, as the gRPC server wants them. Services that are not in the table are UNIMPLEMENTED. */
export function etcdGrpcMethods(host: ApiHost): ReadonlyMap<string, UnaryMethod> {
  return new Map([...ETCD_METHODS].map(([path, method]) => [path, front(method, host)]));
}

/** The calls that last, by path. */
export function etcdGrpcStreams(host: ApiHost): ReadonlyMap<string, StreamMethod> {
  return new Map([...host.calls].map(([path, call]): [string, StreamMethod] => [path, {
    takesMany: call.kind === "bidi_streaming",
    open: (sink, metadata) => host.open(call, sink, askerOf(metadata, commonNameIn(metadata))),
  }]));
}

/** Among a call's headers. It is no name that HTTP knows, and taken out of whatever a client sends. */
const COMMON_NAME = " common name";

/** The calls of one connection, each told whose certificate the connection was opened with, if any. */
export function inTheNameOfCertificate(handler: StreamHandler, commonName: string | null): StreamHandler {
  return (stream, headers) => {
    if (commonName === null && !headers.has(COMMON_NAME)) return handler(stream, headers);
    const told = new Map(headers);
    if (commonName === null) told.delete(COMMON_NAME);
    else told.set(COMMON_NAME, commonName);
    return handler(stream, told);
  };
}

function commonNameIn(metadata: ReadonlyMap<string, string>): string | null {
  return metadata.get(COMMON_NAME) ?? null;
}

function front(method: EtcdMethod, host: ApiHost): UnaryMethod {
  return (bytes, reply, metadata) => {
    const read = method.readRequest(bytes, { unixSeconds: Math.floor(Date.now() / 1000) });
    if (read.kind === "malformed") {
      reply({ kind: "error", code: "internal", message: `grpc: error unmarshalling request: ${read.why}` });
      return null;
    }
    const { request } = read;
    const asker = askerOf(metadata, commonNameIn(metadata));
    const refusal = isEtcdError(request) ? request : host.refusal(request, asker);
    if (isEtcdError(request) || refusal !== null) {
      reply(refusal!);
      return null;
    }
    return host.ask(request, asker, (response) => {
      if (response.kind === "error") reply(response);
      else reply({ kind: "message", bytes: method.writeResponse(response) });
    });
  };
}
