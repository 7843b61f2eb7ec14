// The client port: gRPC (HTTP/2) and plain HTTP/1.1 on one port, as etcd's clients expect. The first bytes of a
// connection tell which: HTTP/2 always opens with the same preface, and no HTTP/1 method begins like it.

import type { Buffer } from "node:buffer";
import type http from "node:http";
import net from "node:net";
import { PREFACE } from "./http2/frames.ts";
import { closeServer, type ListenAddress, listenOn } from "./listen.ts";
import type { Refusal } from "./refusal.ts";
import { tlsServer, type TlsSides } from "./tls_files.ts";

/** "PRI * HTTP/2.0\r\n…": three bytes are enough. */
const HTTP2_START = PREFACE.subarray(0, 3);
/** One who connects and stays silent longer is shown the door. */
const SILENCE_MS_MAX = 30_000;

export interface ClientFronts {
  /** Takes a connection that speaks HTTP/2; nothing has been read from it. */
  readonly http2: (socket: net.Socket) => void;
  readonly http: http.Server;
}

export class ClientPort {
  readonly #servers: net.Server[] = [];
  readonly #sockets = new Set<net.Socket>();
  readonly #tls: TlsSides | null;
  readonly #warn: (line: string) => void;
  #fronts: ClientFronts | null = null;

  /** @param tls what https:// URLs speak. */
  constructor(tls: TlsSides | null = null, warn: (line: string) => void = () => {}) {
    this.#tls = tls;
    this.#warn = warn;
  }

  /** Takes the ports. Connections are accepted and held until `serve`. */
  async listen(addresses: readonly ListenAddress[]): Promise<Refusal | null> {
    for (const address of addresses) {
      const onConnection = (socket: net.Socket) => this.#accept(socket);
      const server = this.#tls !== null && address.endpoint.scheme === "https"
        ? tlsServer(this.#tls, onConnection, this.#warn)
        : net.createServer({ noDelay: true }, onConnection);
      const trouble = await listenOn(server, address);
      if (trouble) return trouble;
      this.#servers.push(server);
    }
    return null;
  }

  /** From now on connections are answered, those that already wait included. */
  serve(fronts: ClientFronts): void {
    this.#fronts = fronts;
    for (const socket of this.#sockets) this.#peek(socket);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map(closeServer));
  }

  #accept(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    if (this.#fronts !== null) this.#peek(socket);
  }

  #peek(socket: net.Socket): void {
    const fronts = this.#fronts!;
    const giveUp = () => socket.destroy();
    socket.setTimeout(SILENCE_MS_MAX, giveUp);
    const look = () => {
      const start: Buffer | null = socket.read();
      if (start === null) return;
      socket.unshift(start);
      const decisive = Math.min(start.length, HTTP2_START.length);
      const isHttp2 = start.subarray(0, decisive).equals(HTTP2_START.subarray(0, decisive));
      if (isHttp2 && decisive < HTTP2_START.length) return;
      socket.off("readable", look);
      socket.off("timeout", giveUp);
      socket.setTimeout(0);
      if (isHttp2) fronts.http2(socket);
      else fronts.http.emit("connection", socket);
    };
    socket.on("readable", look);
  }
}
