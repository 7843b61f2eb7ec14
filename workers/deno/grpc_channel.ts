// gRPC towards a cluster: calls to whichever of its members takes them, over one HTTP/2 connection that moves on to the
// next endpoint when it breaks. (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md; etcd's clientv3 balancer and retry rules)

import { Buffer } from "node:buffer";
import net from "node:net";
import { GRPC_CODE_NUMBER, type GrpcCode } from "../../core/base/etcd_error.ts";
import type { EndpointPool } from "./endpoint_pool.ts";
import type { GrpcAnswer } from "./grpc_server.ts";
import { ClientConnection, type ClientStream } from "./http2/client_connection.ts";
import { hpackEncode } from "./http2/hpack.ts";

/** What the owner of a call hears. */
export interface GrpcListener {
  onMessage(message: Uint8Array): void;
  /** The last word. `sent` is false when no server can have looked at the call. */
  onStatus(code: GrpcCode, message: string, sent: boolean): void;
}

/** A call in either direction; unary calls send one message and end. */
export interface GrpcCall {
  send(message: Uint8Array): void;
  end(): void;
  cancel(): void;
}

export interface UnaryOptions {
  /** The call may be made again when its connection broke and nobody knows what became of it: true of reads. */
  readonly canRepeat: boolean;
  readonly timeoutMs: number;
}

const DIAL_MS_MAX = 2_000;
const FRAME_HEADER_BYTES = 5;
/** Larger answers are broken off: nothing that is answered in one message comes near it. */
const MESSAGE_BYTES_MAX = 512 * 1024 * 1024;

export class GrpcChannel {
  readonly #pool: EndpointPool;
  #current: Promise<Connected | null> | null = null;
  #closed = false;

  constructor(pool: EndpointPool) {
    this.#pool = pool;
  }

  /** Which endpoint calls go to now; null when none is connected. */
  async endpoint(): Promise<string | null> {
    return (await this.#connect())?.url ?? null;
  }

  /** One message there, one back. Endpoints that do not take the call are passed over. */
  async unary(path: string, message: Uint8Array, options: UnaryOptions): Promise<GrpcAnswer> {
    const deadline = performance.now() + options.timeoutMs;
    let trouble = "no endpoint is available";
    // Each endpoint twice: one that has been restarted breaks the old connection first.
    for (let attempt = 0; attempt < 2 * Math.max(1, this.#pool.all.length); attempt++) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      const outcome = await this.#callOnce(path, message, leftMs);
      if (outcome.kind !== "broken") return outcome;
      trouble = outcome.why;
      if (outcome.sent && !options.canRepeat) break;
    }
    return { kind: "error", code: "unavailable", message: trouble };
  }

  /** Opens a call of any shape on the connection of the moment; null when there is none. */
  async open(path: string, listener: GrpcListener): Promise<GrpcCall | null> {
    const connected = await this.#connect();
    return connected === null ? null : openCall(connected, path, listener);
  }

  close(): void {
    this.#closed = true;
    void this.#current?.then((connected) => connected?.connection.close());
  }

  async #callOnce(path: string, message: Uint8Array, timeoutMs: number): Promise<GrpcAnswer | Broken> {
    const connected = await this.#connect();
    if (connected === null) return { kind: "broken", why: "no endpoint takes connections", sent: false };
    return await new Promise((resolve) => {
      let answer: Uint8Array | null = null;
      const call = openCall(connected, path, {
        onMessage: (bytes) => answer = bytes,
        onStatus: (code, why, sent) => {
          clearTimeout(timer);
          if (code === "ok") {
            resolve(
              answer === null
                ? { kind: "error", code: "internal", message: "grpc: an answer without a message" }
                : { kind: "message", bytes: answer },
            );
          } else if (code === "unavailable" && why.startsWith(BROKEN)) resolve({ kind: "broken", why, sent });
          else resolve({ kind: "error", code, message: why });
        },
      });
      const timer = setTimeout(() => {
        call.cancel();
        resolve({ kind: "error", code: "deadlineExceeded", message: "context deadline exceeded" });
      }, timeoutMs);
      call.send(message);
      call.end();
    });
  }

  /** The connection that calls use, dialled anew when the last one is no longer of use. */
  async #connect(): Promise<Connected | null> {
    if (this.#closed) return null;
    const before = this.#current;
    const current = await before;
    if (current?.connection.usable === true) return current;
    // Whoever comes first after a connection is lost dials; the others wait for what becomes of it.
    if (this.#current === before) this.#current = this.#dialFirst();
    return await this.#current;
  }

  async #dialFirst(): Promise<Connected | null> {
    // When all are resting, waiting would help nobody: they are asked all the same.
    const urls = this.#pool.available();
    for (const url of urls.length > 0 ? urls : this.#pool.all) {
      const socket = await dial(url);
      if (socket === null) {
        this.#pool.failed(url);
        continue;
      }
      const connection = new ClientConnection(socket, () => {
        // Only one that could not go on by itself: the next call looks elsewhere first.
        if (!this.#closed) this.#pool.failed(url);
      });
      if (this.#closed) connection.close();
      return { url, connection };
    }
    return null;
  }
}

interface Connected {
  readonly url: string;
  readonly connection: ClientConnection;
}

/** The connection broke before the call had its answer. */
interface Broken {
  readonly kind: "broken";
  readonly why: string;
  readonly sent: boolean;
}

const BROKEN = "transport: ";

function openCall({ url, connection }: Connected, path: string, listener: GrpcListener): GrpcCall {
  const block = hpackEncode([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", new URL(url).host],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ]);
  const reader = new MessageReader();
  const headers = new Map<string, string>();
  const stream: ClientStream = connection.open(block, {
    onHeaders: (more) => {
      for (const [name, value] of more) headers.set(name, value);
    },
    onData: (bytes) => {
      const messages = reader.take(bytes);
      if (messages === null) {
        stream.cancel();
        return listener.onStatus("resourceExhausted", "grpc: an answer larger than any limit", true);
      }
      for (const message of messages) listener.onMessage(message);
    },
    onEnd: () => {
      const status = headers.get("grpc-status");
      if (status === undefined) {
        const said = headers.get(":status") ?? "nothing";
        listener.onStatus("unknown", `an answer that is not gRPC (status ${said})`, true);
      } else {
        listener.onStatus(codeOf(Number(status)), percentDecode(headers.get("grpc-message") ?? ""), true);
      }
    },
    onBroken: (why, unprocessed) => listener.onStatus("unavailable", BROKEN + why, !unprocessed),
  });
  return {
    send: (message) => {
      const framed = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length);
      framed[0] = 0;
      framed.writeUInt32BE(message.length, 1);
      framed.set(message, FRAME_HEADER_BYTES);
      stream.send(framed);
    },
    end: () => stream.end(),
    cancel: () => stream.cancel(),
  };
}

/** Cuts a stream's bytes into messages. */
class MessageReader {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #needed = FRAME_HEADER_BYTES;

  /** Null: one announced itself beyond the limit, or compressed, which nobody asked for. */
  take(chunk: Uint8Array): Uint8Array[] | null {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return [];
    let rest: Uint8Array = Buffer.concat(this.#chunks);
    const messages: Uint8Array[] = [];
    for (;;) {
      this.#needed = FRAME_HEADER_BYTES;
      if (rest.length < FRAME_HEADER_BYTES) break;
      const length = new DataView(rest.buffer, rest.byteOffset).getUint32(1);
      if (rest[0] !== 0 || length > MESSAGE_BYTES_MAX) return null;
      this.#needed = FRAME_HEADER_BYTES + length;
      if (rest.length < this.#needed) break;
      messages.push(rest.subarray(FRAME_HEADER_BYTES, this.#needed));
      rest = rest.subarray(this.#needed);
    }
    this.#chunks = [rest];
    this.#bytes = rest.length;
    return messages;
  }
}

const CODES = new Map(
  Object.entries(GRPC_CODE_NUMBER).map(([code, number]) => [number as number, code as GrpcCode]),
);

function codeOf(number: number): GrpcCode {
  return CODES.get(number) ?? "unknown";
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Null when nobody takes the connection in time. */
function dial(url: string): Promise<net.Socket | null> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port), noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error("dial timed out")), DIAL_MS_MAX);
    socket.on("error", () => {});
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}
