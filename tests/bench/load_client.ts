// Puts as fast as a number of clients can, each waiting for its answer before the next.

import { Buffer } from "node:buffer";
import { KV } from "../../core/wire/gen/rpc_pb.ts";
import { GrpcClient } from "../tcp/grpc_client.ts";

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
  const connectionCount = Math.max(
    Math.min(clientCount, endpoints.length),
    Math.ceil(clientCount / CLIENTS_PER_CONNECTION),
  );
  const connections = Array.from({ length: connectionCount }, (_, i) => {
    return new GrpcClient(endpoints[i % endpoints.length]!);
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
      const connection = connections[client % connectionCount]!;
      try {
        await connection.call(KV.method.put, { key, value });
        latencies.push(performance.now() - sent);
      } catch {
        failureCount += 1;
        if (connection.closed) return;
      }
    }
  }));
  const elapsed = (performance.now() - start) / 1000;
  for (const connection of connections) connection.close();
  latencies.sort((a, b) => a - b);
  return {
    putsPerSecond: latencies.length / elapsed,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? NaN,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
    failureCount,
  };
}
