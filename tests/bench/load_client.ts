// Puts as fast as a number of clients can, each waiting for its answer before the next: gRPC by hand over node:http2,
// since on a small machine the load generator takes its share of the same processors.

import { Buffer } from "node:buffer";
import http2 from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { KV, PutRequestSchema } from "../../core/wire/gen/rpc_pb.ts";

export interface LoadOptions {
  /** "127.0.0.1:2379"; clients are dealt to them in turn. */
  readonly endpoints: readonly string[];
  readonly clientCount: number;
  readonly seconds: number;
  readonly valueBytes: number;
}

export interface LoadResult {
  readonly putsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failureCount: number;
}

/** Clients that share one connection, as the streams of a real client do. */
const CLIENTS_PER_CONNECTION = 32;

export async function putLoad(options: LoadOptions): Promise<LoadResult> {
  const { endpoints, clientCount, seconds, valueBytes } = options;
  const connectionCount = Math.max(Math.min(clientCount, endpoints.length), Math.ceil(clientCount / CLIENTS_PER_CONNECTION));
  const sessions = Array.from({ length: connectionCount }, (_, i) => {
    const session = http2.connect(`http://${endpoints[i % endpoints.length]}`);
    session.on("error", () => {});
    return session;
  });
  const value = new Uint8Array(valueBytes).fill(0x78);
  const latencies: number[] = [];
  let failureCount = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(Array.from({ length: clientCount }, async (_, client) => {
    for (let i = 0; performance.now() < end; i++) {
      const key = Buffer.from(`bench/${client}/${i % 1000}`);
      const sent = performance.now();
      const ok = await put(sessions[client % connectionCount]!, key, value);
      if (ok) latencies.push(performance.now() - sent);
      else failureCount += 1;
    }
  }));
  const elapsed = (performance.now() - start) / 1000;
  for (const session of sessions) session.destroy();
  latencies.sort((a, b) => a - b);
  return {
    putsPerSecond: latencies.length / elapsed,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? NaN,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
    failureCount,
  };
}

const PATH = `/${KV.typeName}/${KV.method.put.name}`;

/** False when the put was refused or its connection broke. */
export function put(session: http2.ClientHttp2Session, key: Uint8Array, value: Uint8Array): Promise<boolean> {
  const message = toBinary(PutRequestSchema, create(PutRequestSchema, { key, value }));
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": PATH,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let status = "";
    stream.on("response", (headers) => status = String(headers["grpc-status"] ?? status));
    stream.on("trailers", (headers) => status = String(headers["grpc-status"] ?? status));
    stream.on("error", () => {});
    stream.on("close", () => resolve(status === "0"));
    stream.resume();
    stream.end(frame);
  });
}
