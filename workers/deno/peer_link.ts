// The connection to one other member. Each side dials a stream on which it *receives*, as in etcd: what we send leaves
// on the stream that the peer has opened at our port, what we hear arrives on the one we opened at its port.
//
//      this member                                    the peer
//      port  ◀──── GET /raft/stream/message/<peer> ──── dials      (the answer's body: what we say to it)
//      dials ──── GET /raft/stream/message/<this> ────▶ port       (the answer's body: what it says to us)
//
// etcd carries appends on a stream of their own with a shorter encoding (msgapp v2) and everything else on this one;
// here everything takes this one, in order. Until the peer has dialled, messages go by POST /raft, and a snapshot
// always has a request of its own, so that nothing waits behind it.
//
// Raft expects loss. So nothing is kept for later: what cannot be sent now is dropped and counted.

import { Buffer } from "node:buffer";
import type http from "node:http";
import type net from "node:net";
import type { TlsSides } from "./tls_files.ts";
import type { MemberId } from "../../core/base/ids.ts";
import { shortId } from "../../core/base/ids.ts";
import type { MemberAddress } from "../../core/member/io.ts";
import {
  chunkOf,
  FrameReader,
  isLinkHeartbeat,
  isSnapshot,
  joinFrames,
  LENGTH_BYTES,
  LINK_HEARTBEAT,
} from "./peer_frames.ts";
import { requestPeer } from "./peer_target.ts";

/** What all links of a member share. */
export interface LinkContext {
  /** Headers that say who asks: etcd's X-Server-From, X-Etcd-Cluster-ID and so on. */
  readonly headers: Readonly<Record<string, string>>;
  readonly localId: MemberId;
  /** This member's certificate for its peers; null when there is none. */
  readonly tls: TlsSides | null;
  /** A message from the peer. */
  readonly onFrame: (frame: Uint8Array) => void;
  /** The peer cannot be reached any more; said once until it can. */
  readonly onUnreachable: () => void;
  readonly onSnapshotSent: (ok: boolean) => void;
  /** A line for the operator. */
  readonly warn: (line: string) => void;
  /** The peer says that this member has left its cluster for good. */
  readonly onGone: () => void;
}

/** Bytes that may wait for a slow peer before more are dropped: a few full appends. */
const QUEUED_BYTES_MAX = 32 * 1024 * 1024;
/** Messages on their way by POST at once; beyond it they are dropped. (etcd's pipelineBufSize) */
const POSTS_MAX = 64;
/** A frame on a stream: one append of at most 1 MiB, or a single entry as large as any client may make it. */
export const STREAM_FRAME_BYTES_MAX = 128 * 1024 * 1024;
/** A connection that says nothing this long is dead. (etcd's ConnReadTimeout) */
const SILENCE_MS_MAX = 5_000;
const HEARTBEAT_MS = SILENCE_MS_MAX / 3;
/** Redialling waits between these, doubling, and varies so that members do not dial in step. */
const REDIAL_MS_MIN = 50;
const REDIAL_MS_MAX = 500;
const SNAPSHOT_MS_MAX = 60_000;

export class PeerLink {
  readonly peer: MemberId;
  readonly #context: LinkContext;
  #urls: readonly string[];
  #urlAt = 0;
  /** Where what we say leaves: the socket of the answer to the peer's GET, its head already sent. */
  #outgoing: net.Socket | null = null;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #incoming: http.ClientRequest | null = null;
  #redialMs = REDIAL_MS_MIN;
  #redialTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #heartbeatTimer: ReturnType<typeof setInterval>;
  readonly #posts = new Set<http.ClientRequest>();
  /** Neither stream nor POST gets through; the core has been told. */
  #unreachable = false;
  #lastTrouble = "";
  #closed = false;
  #droppedCount = 0;

  constructor(address: MemberAddress, context: LinkContext) {
    this.peer = address.id;
    this.#urls = address.peerUrls;
    this.#context = context;
    this.#heartbeatTimer = setInterval(() => this.#sendHeartbeat(), HEARTBEAT_MS);
    this.#dial();
  }

  /** Messages that could not be sent, nor kept. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  get connected(): boolean {
    return this.#outgoing !== null;
  }

  /** The peer may have moved. */
  setUrls(urls: readonly string[]): void {
    if (urls.join() === this.#urls.join()) return;
    this.#urls = urls;
    this.#urlAt = 0;
    this.#incoming?.destroy();
  }

  send(frame: Uint8Array): void {
    if (isSnapshot(frame)) return this.#postSnapshot(frame);
    if (this.#outgoing === null) return this.#postMessage(frame);
    if (this.#batchBytes + this.#outgoing.writableLength + frame.length > QUEUED_BYTES_MAX) {
      this.#droppedCount += 1;
      return;
    }
    // All messages of one step of the member leave in one piece.
    if (this.#batch.length === 0) queueMicrotask(() => this.#flush());
    this.#batch.push(frame);
    this.#batchBytes += LENGTH_BYTES + frame.length;
  }

  /** The peer has dialled: from now on what we say leaves here, in chunks. A second dial replaces the first. */
  attach(socket: net.Socket): void {
    const before = this.#outgoing;
    this.#outgoing = socket;
    this.#unreachable = false;
    before?.destroy();
    socket.on("close", () => {
      if (this.#outgoing !== socket) return;
      this.#outgoing = null;
      this.#batch = [];
      this.#batchBytes = 0;
      this.#reportUnreachable();
    });
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeatTimer);
    if (this.#redialTimer !== null) clearTimeout(this.#redialTimer);
    this.#incoming?.destroy();
    this.#outgoing?.destroy();
    for (const post of this.#posts) post.destroy();
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length > 0) this.#outgoing?.write(chunkOf(batch));
  }

  #sendHeartbeat(): void {
    if (this.#outgoing !== null && this.#batch.length === 0) {
      this.#outgoing.write(chunkOf([LINK_HEARTBEAT]));
    }
  }

  #reportUnreachable(): void {
    if (this.#unreachable || this.#closed) return;
    this.#unreachable = true;
    this.#context.onUnreachable();
  }

  // --- What we hear ------------------------------------------------------------------------------------------

  #dial(): void {
    if (this.#closed) return;
    const request = this.#request(`/raft/stream/message/${shortId(this.#context.localId)}`, {
      headers: { ...this.#context.headers, "X-Raft-To": shortId(this.peer) },
      agent: false,
      timeout: SILENCE_MS_MAX,
    });
    request.end();
    this.#incoming = request;
    request.setNoDelay(true);
    request.on("timeout", () => request.destroy(new Error(`silent for ${SILENCE_MS_MAX} ms`)));
    // One of these ends every attempt, and only the first counts.
    let over = false;
    const end = (why: string | null) => {
      if (over) return;
      over = true;
      request.destroy();
      if (this.#incoming === request) this.#redialLater(why);
    };
    request.on("error", (error) => end(error.message));
    request.on("close", () => end(null));
    request.on("response", (response) => {
      if (response.statusCode !== 200) {
        end(this.#refusedBecause(response));
        return;
      }
      this.#redialMs = REDIAL_MS_MIN;
      // It is there: should it be unable to dial us, POST gets through again.
      this.#unreachable = false;
      if (this.#lastTrouble !== "") this.#context.warn(`peer ${shortId(this.peer)} became active`);
      this.#lastTrouble = "";
      const reader = new FrameReader(STREAM_FRAME_BYTES_MAX);
      response.on("data", (chunk: Uint8Array) => {
        const frames = reader.take(chunk);
        if (frames === null) return end("it sent a frame beyond all limits");
        for (const frame of frames) {
          if (!isLinkHeartbeat(frame)) this.#context.onFrame(frame);
        }
      });
      response.on("error", () => end("connection lost"));
      response.on("end", () => end("connection closed"));
    });
  }

  #refusedBecause(response: http.IncomingMessage): string {
    const theirs = String(response.headers["x-etcd-cluster-id"] ?? "");
    if (response.statusCode === 410) this.#context.onGone();
    if (
      response.statusCode === 412 && theirs !== "" && theirs !== this.#context.headers["X-Etcd-Cluster-ID"]
    ) {
      return `request sent was ignored (cluster ID mismatch: peer[${shortId(this.peer)}]=${theirs}, ` +
        `local=${this.#context.headers["X-Etcd-Cluster-ID"]})`;
    }
    return `answered ${response.statusCode} ${response.statusMessage ?? ""}`.trimEnd();
  }

  #redialLater(why: string | null): void {
    this.#incoming = null;
    if (this.#closed) return;
    if (why !== null && why !== this.#lastTrouble) {
      this.#lastTrouble = why;
      this.#context.warn(`peer ${shortId(this.peer)} at ${this.#urls[this.#urlAt]} is not heard: ${why}`);
    }
    this.#urlAt = (this.#urlAt + 1) % this.#urls.length;
    const waitMs = this.#redialMs * (0.5 + Math.random() / 2);
    this.#redialMs = Math.min(REDIAL_MS_MAX, this.#redialMs * 2);
    this.#redialTimer = setTimeout(() => this.#dial(), waitMs);
  }

  // --- What has no stream ------------------------------------------------------------------------------------

  #postMessage(frame: Uint8Array): void {
    // While the peer is known to be away, only the redialling finds out whether it is back: it dials us too.
    if (this.#unreachable || this.#posts.size >= POSTS_MAX) {
      this.#droppedCount += 1;
      return;
    }
    this.#post("/raft", [frame], SILENCE_MS_MAX, (ok) => {
      if (!ok) this.#droppedCount += 1;
    });
  }

  #postSnapshot(frame: Uint8Array): void {
    // etcd 3.4 sends the message behind its length and then the database; ours is inside the message.
    this.#post("/raft/snapshot", [joinFrames([frame])], SNAPSHOT_MS_MAX, (ok) => {
      if (!this.#closed) this.#context.onSnapshotSent(ok);
    });
  }

  #post(path: string, body: readonly Uint8Array[], timeoutMs: number, onDone: (ok: boolean) => void): void {
    const bytes = Buffer.concat(body);
    const request = this.#request(path, {
      method: "POST",
      headers: {
        ...this.#context.headers,
        "X-Raft-To": shortId(this.peer),
        "Content-Type": path === "/raft" ? "application/protobuf" : "application/octet-stream",
        "Content-Length": bytes.length,
      },
      agent: false,
      timeout: timeoutMs,
    });
    this.#posts.add(request);
    let over = false;
    const end = (ok: boolean) => {
      if (over) return;
      over = true;
      this.#posts.delete(request);
      request.destroy();
      if (!ok && this.#outgoing === null) this.#reportUnreachable();
      onDone(ok);
    };
    request.on("timeout", () => end(false));
    request.on("error", () => end(false));
    request.on("close", () => end(false));
    request.on("response", (response) => {
      response.resume();
      end(response.statusCode === 204);
    });
    request.end(bytes);
  }

  #request(path: string, options: http.RequestOptions): http.ClientRequest {
    return requestPeer(this.#urls[this.#urlAt % this.#urls.length]!, path, options, this.#context.tls);
  }
}
