// The peer port: how members of a cluster talk, as etcd's do (server/etcdserver/api/rafthttp). One PeerHttp is a
// member's whole network: it answers the other members' requests and keeps a link to each.
//
//   GET  /raft/stream/message/<id>   what this member has to say to <id>, for as long as the connection lasts
//   POST /raft                       one message
//   POST /raft/snapshot              one message with a snapshot, behind its length
//   GET  /members                    who belongs to the cluster, as JSON
//   GET  /version
//
// Whoever asks names its cluster; strangers are answered 412 and counted, and disturb nobody.

import http from "node:http";
import type net from "node:net";
import { type ClusterId, type MemberId, shortId } from "../../core/base/ids.ts";
import type { MemberAddress, MemberInfo } from "../../core/member/io.ts";
import type { Network } from "../../core/member/ports.ts";
import { MESSAGE_BYTES_MAX } from "../../core/wire/peer_codec.ts";
import { closeServer, type ListenAddress, listenOn } from "./listen.ts";
import { membersToJson } from "./members_json.ts";
import { LENGTH_BYTES, LINK_HEARTBEAT } from "./peer_frames.ts";
import { PeerLink, STREAM_FRAME_BYTES_MAX } from "./peer_link.ts";
import type { Refusal } from "./refusal.ts";
import { tlsServer, type TlsSides } from "./tls_files.ts";
import { requestTarget } from "./request_url.ts";
import { ETCD_CLUSTER_VERSION, ETCD_VERSION, versionJson } from "./version.ts";

export interface PeerIdentity {
  readonly id: MemberId;
  readonly clusterId: ClusterId;
  /** Sent along, so that a peer that does not know us yet can find us. */
  readonly peerUrls: readonly string[];
}

export interface PeerEvents {
  readonly onFrame: (frame: Uint8Array) => void;
  readonly onUnreachable: (peer: MemberId) => void;
  readonly onSnapshotSent: (peer: MemberId, ok: boolean) => void;
  /** The members as this one knows them. */
  readonly listMembers: (onList: (members: readonly MemberInfo[]) => void) => void;
  /** Whether this member has left the cluster for good. */
  readonly isRemoved: (id: MemberId) => boolean;
  /** A peer says that this member was removed. */
  readonly onGone: () => void;
  readonly warn: (line: string) => void;
}

export class PeerHttp implements Network {
  readonly #servers: http.Server[] = [];
  /** What takes the connections: the servers themselves, or what speaks TLS in front of them. */
  readonly #ports: net.Server[] = [];
  readonly #links = new Map<MemberId, PeerLink>();
  readonly #tls: TlsSides | null;
  #identity: PeerIdentity | null = null;
  #events: PeerEvents | null = null;
  #strangerCount = 0;
  #closed = false;

  /** @param tls what https:// URLs speak, ours and the others'. */
  constructor(tls: TlsSides | null = null) {
    this.#tls = tls;
  }

  /** Takes the ports. Requests are answered 503 until `start`. */
  async listen(addresses: readonly ListenAddress[]): Promise<Refusal | null> {
    for (const address of addresses) {
      const server = http.createServer(
        { noDelay: true },
        (request, response) => this.#answer(request, response),
      );
      // A stream lasts as long as both members do.
      server.requestTimeout = 0;
      server.on("clientError", (_error, socket) => socket.destroy());
      const port = this.#portFor(address, server);
      const trouble = await listenOn(port, address);
      if (trouble) return trouble;
      this.#servers.push(server);
      this.#ports.push(port);
    }
    return null;
  }

  #portFor({ endpoint }: ListenAddress, server: http.Server): net.Server {
    if (this.#tls === null || endpoint.scheme !== "https") return server;
    const warn = (line: string) => this.#events?.warn(line);
    return tlsServer(this.#tls, (socket) => void server.emit("connection", socket), warn);
  }

  /** The member is known now: answer, and keep links to whomever `setRoster` names. */
  start(identity: PeerIdentity, events: PeerEvents): void {
    this.#identity = identity;
    this.#events = events;
  }

  /** Requests that were not from a member of this cluster, for this member. */
  get strangerCount(): number {
    return this.#strangerCount;
  }

  /** Messages to members that could not be sent. */
  get droppedCount(): number {
    return [...this.#links.values()].reduce((sum, link) => sum + link.droppedCount, 0);
  }

  /** How many peers have a stream open on which they hear us. */
  get connectedCount(): number {
    return [...this.#links.values()].filter((link) => link.connected).length;
  }

  send(to: MemberId, frame: Uint8Array): void {
    this.#links.get(to)?.send(frame);
  }

  setRoster(members: readonly MemberAddress[]): void {
    const present = new Set(members.map((member) => member.id));
    for (const [id, link] of this.#links) {
      if (present.has(id)) continue;
      link.close();
      this.#links.delete(id);
    }
    for (const member of members) {
      const link = this.#links.get(member.id);
      if (link) link.setUrls(member.peerUrls);
      else this.#links.set(member.id, this.#connect(member));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const link of this.#links.values()) link.close();
    for (const port of this.#ports) void closeServer(port);
    for (const server of this.#servers) server.closeAllConnections();
  }

  #connect(address: MemberAddress): PeerLink {
    const identity = this.#identity!, events = this.#events!;
    return new PeerLink(address, {
      localId: identity.id,
      tls: this.#tls,
      headers: {
        "X-Server-From": shortId(identity.id),
        "X-Server-Version": ETCD_VERSION,
        "X-Min-Cluster-Version": `${ETCD_CLUSTER_VERSION.split(".")[0]}.0.0`,
        "X-Etcd-Cluster-ID": shortId(identity.clusterId),
        "X-PeerURLs": identity.peerUrls.join(","),
      },
      onFrame: events.onFrame,
      onUnreachable: () => events.onUnreachable(address.id),
      onSnapshotSent: (ok) => events.onSnapshotSent(address.id, ok),
      onGone: events.onGone,
      warn: events.warn,
    });
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    request.on("error", () => {});
    response.on("error", () => {});
    const identity = this.#identity, events = this.#events;
    if (identity === null || events === null || this.#closed) return end(response, 503, "member is starting");
    response.setHeader("X-Etcd-Cluster-ID", shortId(identity.clusterId));
    response.setHeader("X-Server-Version", ETCD_VERSION);

    const { pathname } = requestTarget(request.url);
    if (pathname === "/members" && request.method === "GET") {
      return events.listMembers((members) => endJson(response, membersToJson(members)));
    }
    if (pathname === "/version" && request.method === "GET") return endJson(response, versionJson());
    const route = `${request.method} ${pathname}`;
    const streamFrom = /^GET \/raft\/stream\/message\/([0-9a-f]{1,16})$/.exec(route)?.[1];
    if (streamFrom === undefined && route !== "POST /raft" && route !== "POST /raft/snapshot") {
      return this.#refuse(response, 404, "404 page not found");
    }
    const { "x-etcd-cluster-id": theirCluster, "x-raft-to": to } = request.headers;
    if (theirCluster !== shortId(identity.clusterId)) {
      return this.#refuse(
        response,
        412,
        `cluster ID mismatch: ${theirCluster} is not ${shortId(identity.clusterId)}`,
      );
    }
    if (to !== undefined && to !== shortId(identity.id)) {
      return this.#refuse(response, 412, `to field ${to} is not ${shortId(identity.id)}`);
    }
    const from = (streamFrom ?? String(request.headers["x-server-from"] ?? "")).padStart(16, "0") as MemberId;
    if (events.isRemoved(from)) return this.#refuse(response, 410, `member ${shortId(from)} was removed`);
    if (streamFrom === undefined) {
      return this.#receive(request, response, route === "POST /raft/snapshot");
    }
    // One that joins, and crashed before it heard anything, knows nobody: whoever turns to it becomes its first peer.
    if (this.#links.size === 0 && from !== identity.id) this.#meet(from, request.headers["x-peerurls"]);
    const link = this.#links.get(from);
    if (link === undefined) {
      return this.#refuse(response, 404, `sender ${shortId(from)} is not a known member`);
    }
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Transfer-Encoding": "chunked" });
    response.flushHeaders();
    link.attach(request.socket);
  }

  #meet(id: MemberId, peerUrls: string | string[] | undefined): void {
    const urls = String(peerUrls ?? "").split(",").filter((url) =>
      URL.canParse(url) && /^https?:\/\//.test(url)
    );
    if (urls.length > 0) this.#links.set(id, this.#connect({ id, peerUrls: urls }));
  }

  #receive(request: http.IncomingMessage, response: http.ServerResponse, isSnapshot: boolean): void {
    const bytesMax = isSnapshot ? MESSAGE_BYTES_MAX : STREAM_FRAME_BYTES_MAX;
    const announced = Number(request.headers["content-length"] ?? 0);
    if (announced > bytesMax) return this.#refuse(response, 413, "request body too large");
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    request.on("data", (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        this.#refuse(response, 413, "request body too large");
        request.destroy();
      } else chunks.push(chunk);
    });
    request.on("end", () => {
      if (response.headersSent) return;
      const body = new Uint8Array(bytes);
      let at = 0;
      for (const chunk of chunks) {
        body.set(chunk, at);
        at += chunk.length;
      }
      const frame = isSnapshot ? body.subarray(LENGTH_BYTES) : body;
      if (frame.length <= LINK_HEARTBEAT.length) {
        return this.#refuse(response, 400, "error unmarshalling raft message");
      }
      this.#events!.onFrame(frame);
      response.writeHead(204).end();
    });
  }

  #refuse(response: http.ServerResponse, status: number, why: string): void {
    this.#strangerCount += 1;
    end(response, status, why);
  }
}

function end(response: http.ServerResponse, status: number, why: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(why + "\n");
}

function endJson(response: http.ServerResponse, json: string): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(json);
}
