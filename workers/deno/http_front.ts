// What the client port says over plain HTTP/1.1: whether this member is well, which version it is, and its figures in
// the text form that Prometheus reads. Names and meanings are etcd's where etcd has them. (etcdserver/api/etcdhttp)

import http from "node:http";
import { utf8 } from "../../core/base/bytes.ts";
import { rangeRequest } from "../../core/kv/requests.ts";
import type { ClientResponse } from "../../core/member/io.ts";
import type { MemberDriver } from "../../core/member/driver.ts";
import type { FileDisk } from "./file_disk.ts";
import type { PeerHttp } from "./peer_http.ts";
import { requestTarget } from "./request_url.ts";
import { isV2Path, type V2Http } from "./v2_http.ts";
import { ETCD_CLUSTER_VERSION, ETCD_VERSION, FLOTILLA_VERSION, versionJson } from "./version.ts";

export interface HttpFrontParts {
  readonly driver: MemberDriver;
  readonly network: PeerHttp;
  readonly disk: FileDisk;
  readonly v2: V2Http;
}

/** A cluster that cannot say within this time that it has a leader is not well. (etcd: one second) */
const HEALTH_MS_MAX = 1_000;

/** A server without a port of its own: hand it sockets by `emit("connection", socket)`. */
export function createHttpFront(parts: HttpFrontParts): http.Server {
  const server = http.createServer((request, response) => {
    request.on("error", () => {});
    response.on("error", () => {});
    const { pathname } = requestTarget(request.url);
    if (isV2Path(pathname)) return void parts.v2.answer(request, response);
    request.resume();
    const known = PAGES[pathname];
    if (known === undefined) {
      return answer(response, 404, "text/plain; charset=utf-8", "404 page not found\n");
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET");
      return answer(response, 405, "text/plain; charset=utf-8", "Method Not Allowed\n");
    }
    known(parts, response);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

type Page = (parts: HttpFrontParts, response: http.ServerResponse) => void;

const PAGES: Readonly<Record<string, Page>> = {
  "/health": health,
  "/version": (_parts, response) => answer(response, 200, "application/json", versionJson()),
  "/metrics": metrics,
};

/** Well is a member through which a linearizable read gets its answer. */
function health({ driver }: HttpFrontParts, response: http.ServerResponse): void {
  const say = (isWell: boolean) => {
    clearTimeout(deadline);
    answer(response, isWell ? 200 : 503, "application/json", `{"health":"${isWell}"}`);
  };
  const requestId = driver.request(
    rangeRequest({ key: utf8("health"), countOnly: true }),
    (reply) => say(reply.kind === "ok"),
  );
  const deadline = setTimeout(() => {
    driver.cancel(requestId);
    say(false);
  }, HEALTH_MS_MAX);
}

function metrics({ driver, network, disk }: HttpFrontParts, response: http.ServerResponse): void {
  driver.request({ kind: "status" }, (reply) => {
    answer(
      response,
      200,
      "text/plain; version=0.0.4; charset=utf-8",
      metricsText(reply, driver, network, disk),
    );
  });
}

function metricsText(reply: ClientResponse, driver: MemberDriver, network: PeerHttp, disk: FileDisk): string {
  const rows: [name: string, kind: "gauge" | "counter", value: number][] = [
    [`etcd_server_version{server_version="${ETCD_VERSION}"}`, "gauge", 1],
    [`etcd_cluster_version{cluster_version="${ETCD_CLUSTER_VERSION.replace(/\.0$/, "")}"}`, "gauge", 1],
    [`flotilla_version{version="${FLOTILLA_VERSION}"}`, "gauge", 1],
    ["process_resident_memory_bytes", "gauge", Deno.memoryUsage().rss],
    ["etcd_disk_wal_fsync_duration_seconds_count", "counter", disk.syncCount],
    ["flotilla_peer_streams", "gauge", network.connectedCount],
    ["flotilla_peer_messages_dropped_total", "counter", network.droppedCount],
    ["flotilla_peer_requests_refused_total", "counter", network.strangerCount],
    ["flotilla_peer_frames_malformed_total", "counter", driver.malformedFrameCount],
  ];
  if (reply.kind === "ok" && reply.result.kind === "status") {
    const { header, result } = reply;
    rows.push(
      ["etcd_server_has_leader", "gauge", result.leader === null ? 0 : 1],
      ["etcd_server_is_leader", "gauge", result.leader === header.memberId ? 1 : 0],
      ["etcd_server_is_learner", "gauge", result.isLearner ? 1 : 0],
      ["etcd_server_proposals_applied_total", "gauge", result.raftAppliedIndex],
      ["etcd_debugging_mvcc_current_revision", "gauge", header.revision],
      ["etcd_mvcc_db_total_size_in_bytes", "gauge", result.dbSizeBytes],
      ["etcd_mvcc_db_total_size_in_use_in_bytes", "gauge", result.dbSizeInUseBytes],
    );
  }
  return rows.map(([name, kind, value]) => `# TYPE ${name.replace(/\{.*/, "")} ${kind}\n${name} ${value}\n`)
    .join("");
}

function answer(response: http.ServerResponse, status: number, contentType: string, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "Content-Type": contentType }).end(body);
}
