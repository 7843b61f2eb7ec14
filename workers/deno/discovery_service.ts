// The form of the public discovery service, in front of any cluster that serves v2 keys: /new makes a token, and a
// token's URL leads to its keys. (github.com/coreos/discovery.etcd.io)
//
//   GET /new?size=3                → http://HOST/TOKEN
//   GET, PUT, DELETE /TOKEN[/…]    → /v2/keys/_etcd/registry/TOKEN[/…] of the cluster behind
//   GET /health

import { Buffer } from "node:buffer";
import http from "node:http";
import { toHex } from "../../core/base/bytes.ts";
import { createHttpRelay } from "./http_relay.ts";
import { EndpointPool } from "./endpoint_pool.ts";
import type { Log } from "./log.ts";
import { V2Client } from "./v2_client.ts";

export interface DiscoveryServiceOptions {
  /** Client URLs of the cluster that keeps the tokens. */
  readonly etcdUrls: readonly string[];
  /** How the outside reaches this service; tokens' URLs begin with it. */
  readonly hostUrl: string;
  readonly log: Log;
}

const REGISTRY = "/v2/keys/_etcd/registry";
const TOKEN_PATH = /^\/([0-9a-f]{32})(\/[^?]*)?$/;
const SIZE_DEFAULT = 3;
/** No cluster wants more seats. */
const SIZE_MAX = 1_000;
const FAILURE_WAIT_MS = 1_000;
const TIMING = {
  failureWaitMs: FAILURE_WAIT_MS,
  refreshIntervalMs: 30_000,
  dialTimeoutMs: 1_000,
  writeTimeoutMs: 5_000,
  // Waiting for members may take as long as it takes.
  readTimeoutMs: 0,
};

/** Listens nowhere yet. */
export function createDiscoveryService({ etcdUrls, hostUrl, log }: DiscoveryServiceOptions): http.Server {
  const pool = new EndpointPool(FAILURE_WAIT_MS, etcdUrls);
  const relay = createHttpRelay({ pool, timing: TIMING, isReadonly: false, log });
  const server = http.createServer((request, response) => {
    response.on("error", () => {});
    const [pathname = "/", query = ""] = (request.url ?? "/").split("?");
    const token = TOKEN_PATH.exec(pathname);
    if (token !== null && ["GET", "PUT", "DELETE"].includes(request.method ?? "")) {
      request.url = REGISTRY + pathname.replace(/\/+$/, "") + (query === "" ? "" : `?${query}`);
      relay.emit("request", request, response);
      return;
    }
    request.resume();
    if (pathname === "/new") return void makeToken(query, pool, hostUrl, response, log);
    if (pathname === "/health") return void sayHealth(pool, response);
    say(response, 404, "404 page not found\n");
  });
  // A member that waits for others is silent as long as they are.
  server.requestTimeout = 0;
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

async function makeToken(
  query: string,
  pool: EndpointPool,
  hostUrl: string,
  response: http.ServerResponse,
  log: Log,
): Promise<void> {
  const text = new URLSearchParams(query).get("size") ?? "";
  const size = text === "" ? SIZE_DEFAULT : Number(text);
  if (!Number.isInteger(size) || size < 1 || size > SIZE_MAX) {
    return say(response, 400, `size ${JSON.stringify(text)}: must be a whole number from 1 to ${SIZE_MAX}\n`);
  }
  const token = toHex(crypto.getRandomValues(new Uint8Array(16)));
  for (const url of pool.available()) {
    const client = new V2Client(url + REGISTRY, "");
    const reply = await client.create(`/${token}/_config/size`, String(size));
    client.close();
    if (reply.kind === "node") {
      log.info("discovery", `new cluster created: ${token} of ${size}`);
      return say(response, 200, `${hostUrl.replace(/\/+$/, "")}/${token}`);
    }
    log.warn("discovery", `${url} made no token: ${JSON.stringify(reply)}`);
    pool.failed(url);
  }
  say(response, 503, "Unable to generate token: the cluster behind cannot be reached\n");
}

async function sayHealth(pool: EndpointPool, response: http.ServerResponse): Promise<void> {
  for (const url of pool.available()) {
    const client = new V2Client(url + "/v2/keys", "");
    const reply = await client.get("/");
    client.close();
    if (reply.kind === "node") return say(response, 200, "OK");
  }
  say(response, 503, "the cluster behind cannot be reached\n");
}

function say(response: http.ServerResponse, status: number, text: string): void {
  if (response.destroyed) return;
  const body = Buffer.from(text);
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": body.length })
    .end(body);
}
