// How many calls of each method ended how: `grpc_server_handled_total`, in the words of grpc-ecosystem's Prometheus
// interceptor.

import type { GrpcCode } from "../../core/base/etcd_error.ts";

const CODE_NAMES: Readonly<Record<GrpcCode, string>> = {
  ok: "OK",
  cancelled: "Canceled",
  unknown: "Unknown",
  invalidArgument: "InvalidArgument",
  deadlineExceeded: "DeadlineExceeded",
  notFound: "NotFound",
  alreadyExists: "AlreadyExists",
  permissionDenied: "PermissionDenied",
  resourceExhausted: "ResourceExhausted",
  failedPrecondition: "FailedPrecondition",
  aborted: "Aborted",
  outOfRange: "OutOfRange",
  unimplemented: "Unimplemented",
  internal: "Internal",
  unavailable: "Unavailable",
  dataLoss: "DataLoss",
  unauthenticated: "Unauthenticated",
};

/** What its owner must know of a method. */
export interface TalliedMethod {
  readonly path: string;
  readonly kind?: "unary" | "server_streaming" | "client_streaming" | "bidi_streaming";
}

const TYPE_NAMES = {
  unary: "unary",
  server_streaming: "server_stream",
  client_streaming: "client_stream",
  bidi_streaming: "bidi_stream",
} as const;

export class GrpcTally {
  /** By path, then by code. */
  readonly #counts = new Map<string, Map<GrpcCode, number>>();

  add(path: string, code: GrpcCode): void {
    let counts = this.#counts.get(path);
    if (counts === undefined) this.#counts.set(path, counts = new Map());
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }

  /** Name with labels, and count, in the order of the methods. A method's OK is there from the start. */
  rows(methods: Iterable<TalliedMethod>): [name: string, count: number][] {
    const rows: [string, number][] = [];
    for (const { path, kind = "unary" } of methods) {
      const [, service, method] = path.split("/");
      const counts = new Map<GrpcCode, number>([["ok", 0], ...(this.#counts.get(path) ?? [])]);
      for (const [code, count] of counts) {
        rows.push([
          `grpc_server_handled_total{grpc_code="${CODE_NAMES[code]}",grpc_method="${method}",` +
          `grpc_service="${service}",grpc_type="${TYPE_NAMES[kind]}"}`,
          count,
        ]);
      }
    }
    return rows;
  }
}
