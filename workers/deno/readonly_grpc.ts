// The gRPC side of a readonly proxy. Bytes cannot be passed on unseen here, since writes would be among them: calls are
// taken one by one, and only those that change nothing go on to a member.

import type net from "node:net";
import { Cluster, KV, Maintenance } from "../../core/wire/gen/rpc_pb.ts";
import type { EndpointPool } from "./endpoint_pool.ts";
import { GrpcChannel } from "./grpc_channel.ts";
import { grpcHandler, type UnaryMethod } from "./grpc_server.ts";
import { ServerConnection } from "./http2/server_connection.ts";

const READS = [
  KV.method.range,
  Cluster.method.memberList,
  Maintenance.method.status,
  Maintenance.method.hash,
  Maintenance.method.hashKV,
];
const WRITES = [
  KV.method.put,
  KV.method.deleteRange,
  KV.method.txn,
  KV.method.compact,
  Cluster.method.memberAdd,
  Cluster.method.memberRemove,
  Cluster.method.memberUpdate,
  Cluster.method.memberPromote,
  Maintenance.method.alarm,
  Maintenance.method.defragment,
  Maintenance.method.moveLeader,
];
const ANSWER_MS_MAX = 10_000;
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;

export interface ReadonlyGrpc {
  serve(socket: net.Socket): void;
  close(): void;
}

export function readonlyGrpc(pool: EndpointPool): ReadonlyGrpc {
  const channel = new GrpcChannel(pool);
  const methods = new Map<string, UnaryMethod>();
  for (const method of READS) {
    const path = `/${method.parent.typeName}/${method.name}`;
    methods.set(path, (message, reply) => {
      void channel.unary(path, message, { canRepeat: true, timeoutMs: ANSWER_MS_MAX }).then(reply);
      return null;
    });
  }
  for (const method of WRITES) {
    methods.set(`/${method.parent.typeName}/${method.name}`, (_message, reply) => {
      reply({ kind: "error", code: "unimplemented", message: "etcdserver: this proxy is readonly" });
      return null;
    });
  }
  const handler = grpcHandler({ methods, messageBytesMax: MESSAGE_BYTES_MAX });
  return {
    serve: (socket) => void new ServerConnection(socket, handler),
    close: () => channel.close(),
  };
}
