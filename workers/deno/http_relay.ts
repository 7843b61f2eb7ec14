// Passing HTTP/1.1 requests on to the first endpoint that answers: the tutorials' reverse proxy. A request is read
// whole before it is sent, so that it can be sent again elsewhere when an endpoint is gone; an answer streams.
// (proxy/httpproxy/reverse.go)

import { Buffer } from "node:buffer";
import http from "node:http";
import type { ProxyTiming } from "../../core/etcd/start_flags.ts";
import type { EndpointPool } from "./endpoint_pool.ts";
import type { Log } from "./log.ts";

export interface HttpRelayOptions {
  readonly pool: EndpointPool;
  readonly timing: ProxyTiming;
  /** Passes nothing on but GET. */
  readonly isReadonly: boolean;
  readonly log: Log;
}

/** Headers that concern one connection, not the request. (RFC 9110 §7.6.1) */
const HOP_HEADERS = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailers",
  "transfer-encoding",
  "upgrade",
  // Said anew for the body as it was read.
  "content-length",
]);
/** A little more than the largest request that a member takes. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** A server without a port of its own: hand it sockets by `emit("connection", socket)`. */
export function createHttpRelay(options: HttpRelayOptions): http.Server {
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    response.on("error", () => {});
    void relay(request, response, agent, options);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("close", () => agent.destroy());
  return server;
}

async function relay(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  agent: http.Agent,
  { pool, timing, isReadonly, log }: HttpRelayOptions,
): Promise<void> {
  const body = await readBody(request);
  if (body === null) return refuse(response, 400, "failed to read request body");
  if (request.url === "/v2/config/local/proxy" && request.method === "GET") {
    const json = JSON.stringify({ endpoints: pool.available() }) + "\n";
    return void response.writeHead(200, { "Content-Type": "application/json" }).end(json);
  }
  if (isReadonly && request.method !== "GET") return void response.writeHead(501).end();
  const endpoints = pool.available();
  if (endpoints.length === 0) return refuse(response, 503, "zero endpoints currently available");
  for (const url of endpoints) {
    const outcome = await passOn(request, body, url, response, agent, timing);
    if (outcome === "answered") return;
    log.warn("httpproxy", `failed to direct request to ${url}: ${outcome}; marked endpoint unavailable`);
    pool.failed(url);
  }
  refuse(response, 502, `unable to get response from ${endpoints.length} endpoint(s)`);
}

/** "answered", or what went wrong before the first byte of an answer. */
function passOn(
  request: http.IncomingMessage,
  body: Uint8Array,
  url: string,
  response: http.ServerResponse,
  agent: http.Agent,
  timing: ProxyTiming,
): Promise<string> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !HOP_HEADERS.has(name)) headers[name] = value;
  }
  const client = request.socket.remoteAddress ?? "";
  const before = request.headers["x-forwarded-for"];
  headers["x-forwarded-for"] = before === undefined ? client : `${before}, ${client}`;
  if (body.length > 0) headers["content-length"] = String(body.length);
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const forward = http.request({
      host: hostname.replace(/^\[|\]$/g, ""),
      port,
      path: request.url ?? "/",
      method: request.method ?? "GET",
      headers,
      agent,
    });
    let answered = false;
    const dialTimer = setTimeout(
      () => forward.destroy(new Error("dial timed out")),
      timing.dialTimeoutMs + timing.writeTimeoutMs,
    );
    const readTimer = timing.readTimeoutMs === 0
      ? null
      : setTimeout(() => forward.destroy(new Error("read timed out")), timing.readTimeoutMs);
    const stop = () => {
      clearTimeout(dialTimer);
      if (readTimer !== null) clearTimeout(readTimer);
    };
    forward.on("finish", () => clearTimeout(dialTimer));
    response.on("close", () => forward.destroy());
    forward.on("error", (error) => {
      stop();
      if (answered || response.destroyed) {
        response.destroy();
        resolve("answered");
      } else resolve(error.message);
    });
    forward.on("response", (answer) => {
      answered = true;
      stop();
      for (const [name, value] of Object.entries(answer.headers)) {
        if (value !== undefined && (!HOP_HEADERS.has(name) || name === "content-length")) {
          response.setHeader(name, value);
        }
      }
      response.writeHead(answer.statusCode ?? 502);
      // A watch's head is news too.
      response.flushHeaders();
      answer.on("error", () => response.destroy());
      answer.pipe(response);
      resolve("answered");
    });
    forward.end(body);
  });
}

/** Null when it broke off, or has no end. */
async function readBody(request: http.IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

/** In etcd's httptypes.HTTPError. */
function refuse(response: http.ServerResponse, status: number, why: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "Content-Type": "application/json" })
    .end(JSON.stringify({ message: `httpproxy: ${why}` }) + "\n");
}
