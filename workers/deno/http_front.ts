// What the client port says over plain HTTP/1.1: the JSON gateway, the v2 keys, whether this member is well, which version
// it is, and its figures. (etcdserver/api/etcdhttp, embed/serve.go)

import http from "node:http";
import { utf8 } from "../../core/base/bytes.ts";
import { rangeRequest } from "../../core/kv/requests.ts";
import type { MemberDriver } from "../../core/member/driver.ts";
import type { Member } from "../../core/member/member.ts";
import type { JsonGateway } from "./json_gateway.ts";
import { isGatewayPath } from "./json_routes.ts";
import { requestTarget } from "./request_url.ts";
import { TRACE_PATH, type TraceStream } from "./trace_stream.ts";
import { isV2Path, type V2Http } from "./v2_http.ts";
import { versionJson } from "./version.ts";

export interface HttpFrontParts extends WatchPages {
  readonly gateway: JsonGateway;
  readonly v2: V2Http;
  /** Null without --experimental-flotilla-trace. */
  readonly trace: TraceStream | null;
  /** --cors: the origins whose pages may read the answers; "*" for all. */
  readonly origins: readonly string[];
}

/** What the pages for those who watch over a member are made from. */
export interface WatchPages {
  readonly driver: MemberDriver;
  readonly member: Pick<Member, "leader" | "machine">;
  readonly metricsText: () => Promise<string>;
}

/** A cluster that cannot say within this time that it has a leader is not well. (etcd: one second) */
const HEALTH_MS_MAX = 1_000;
const PLAIN_TEXT = "text/plain; charset=utf-8";

/** A server without a port of its own: hand it sockets by `emit("connection", socket)`. */
export function createHttpFront(parts: HttpFrontParts): http.Server {
  return serverFor((request, response) => {
    const pathname = pathOf(request);
    allowOrigin(parts.origins, request, response);
    if (request.method === "OPTIONS") {
      request.resume();
      return void response.writeHead(200).end();
    }
    if (isV2Path(pathname)) return void parts.v2.answer(request, response);
    if (isGatewayPath(pathname)) return parts.gateway.answer(pathname, request, response);
    if (pathname === TRACE_PATH && parts.trace !== null) return parts.trace.answer(request, response);
    showPage(parts.trace === null ? CLIENT_PAGES : TRACED_PAGES, parts, request, response);
  });
}

/** --listen-metrics-urls: metrics and health alone, where clients do not come. */
export function createMetricsFront(pages: WatchPages): http.Server {
  return serverFor((request, response) => showPage(METRICS_PAGES, pages, request, response));
}

function serverFor(
  handle: (request: http.IncomingMessage, response: http.ServerResponse) => void,
): http.Server {
  const server = http.createServer((request, response) => {
    request.on("error", () => {});
    response.on("error", () => {});
    handle(request, response);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

function pathOf(request: http.IncomingMessage): string {
  return requestTarget(request.url).pathname;
}

function allowOrigin(
  origins: readonly string[],
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const { origin } = request.headers;
  const allowed = origins.includes("*") ? "*" : origins.find((one) => one === origin);
  if (allowed === undefined) return;
  response.setHeader("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE");
  response.setHeader("Access-Control-Allow-Origin", allowed);
  response.setHeader("Access-Control-Allow-Headers", "accept, content-type, authorization");
}

type Page = (pages: WatchPages, response: http.ServerResponse) => void;

const METRICS_PAGES: Readonly<Record<string, Page>> = { "/health": health, "/metrics": metrics };
const CLIENT_PAGES: Readonly<Record<string, Page>> = {
  ...METRICS_PAGES,
  "/version": (_pages, response) => answer(response, 200, "application/json", versionJson()),
};
const TRACED_PAGES: Readonly<Record<string, Page>> = {
  ...CLIENT_PAGES,
  "/version": (_pages, response) => answer(response, 200, "application/json", versionJson(TRACE_PATH)),
};

function showPage(
  known: Readonly<Record<string, Page>>,
  pages: WatchPages,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  request.resume();
  const page = known[pathOf(request)];
  if (page === undefined) return answer(response, 404, PLAIN_TEXT, "404 page not found\n");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET");
    return answer(response, 405, PLAIN_TEXT, "Method Not Allowed\n");
  }
  page(pages, response);
}

/** Well is a member without alarms through which a linearizable read gets its answer. */
function health({ driver, member }: WatchPages, response: http.ServerResponse): void {
  const say = (isWell: boolean) =>
    answer(response, isWell ? 200 : 503, "application/json", `{"health":"${isWell}"}`);
  if (member.leader === null || member.machine.alarms.list("none").length > 0) return say(false);
  const look = rangeRequest({ key: utf8("health"), countOnly: true });
  const requestId = driver.request(look, (reply) => {
    clearTimeout(deadline);
    say(reply.kind === "ok");
  }, { kind: "member" });
  const deadline = setTimeout(() => {
    driver.cancel(requestId);
    say(false);
  }, HEALTH_MS_MAX);
}

function metrics({ metricsText }: WatchPages, response: http.ServerResponse): void {
  void metricsText().then((text) => answer(response, 200, "text/plain; version=0.0.4; charset=utf-8", text));
}

function answer(response: http.ServerResponse, status: number, contentType: string, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "Content-Type": contentType }).end(body);
}
