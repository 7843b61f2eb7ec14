// etcd's gRPC services in front of a member: every method of the table in core/etcd/services.ts, as a method of the
// gRPC server. All that is added here is the way there and back.

import { ETCD_METHODS, type EtcdMethod } from "../../core/etcd/services.ts";
import type { MemberDriver } from "../../core/member/driver.ts";
import type { UnaryMethod } from "./grpc_server.ts";

/** By path, as the gRPC server wants them. Services that are not in the table are UNIMPLEMENTED. */
export function etcdGrpcMethods(driver: MemberDriver): ReadonlyMap<string, UnaryMethod> {
  return new Map([...ETCD_METHODS].map(([path, method]) => [path, front(method, driver)]));
}

function front(method: EtcdMethod, driver: MemberDriver): UnaryMethod {
  return (bytes, reply) => {
    const read = method.readRequest(bytes, { unixSeconds: Math.floor(Date.now() / 1000) });
    if (read.kind === "malformed") {
      reply({ kind: "error", code: "internal", message: `grpc: error unmarshalling request: ${read.why}` });
      return null;
    }
    if (read.request.kind === "error") {
      reply(read.request);
      return null;
    }
    const requestId = driver.request(read.request, (response) => {
      if (response.kind === "error") reply(response);
      else reply({ kind: "message", bytes: method.writeResponse(response) });
    });
    return () => driver.cancel(requestId);
  };
}
