// gRPC over HTTP/2: which method a stream calls, and the calls that are answered once, with their deadlines. Calls that
// last are in grpc_stream.ts; what a call means is not known here.
//
//   request   HEADERS :path /package.Service/Method   DATA  0|length|message   END_STREAM
//   answer    HEADERS :status 200                     DATA  0|length|message   HEADERS grpc-status 0
//   refusal   HEADERS :status 200, grpc-status, grpc-message                   END_STREAM
//
// (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md)

import { Buffer } from "node:buffer";
import type { GrpcCode } from "../../core/base/etcd_error.ts";
import { GrpcStream, type StreamMethod } from "./grpc_stream.ts";
import {
  ANSWER_HEADERS,
  ANSWER_TRAILERS,
  COMPRESSED_FLAG,
  FRAME_HEADER_BYTES,
  frameMessageBytes,
  frameOf,
  refuse,
  timeoutMs,
} from "./grpc_wire.ts";
import { hpackEncode } from "./http2/hpack.ts";
import type { ServerStream, StreamHandler, StreamListener } from "./http2/server_connection.ts";

/** A message in, one answer out through `reply`. Returns what to do should the caller stop waiting. */
export type UnaryMethod = (
  request: Uint8Array,
  reply: (answer: GrpcAnswer) => void,
  metadata: ReadonlyMap<string, string>,
) => Cancel | null;
export type Cancel = () => void;

export type GrpcAnswer =
  | { readonly kind: "message"; readonly bytes: Uint8Array }
  | { readonly kind: "error"; readonly code: GrpcCode; readonly message: string };

export interface GrpcServerOptions {
  /** By path: "/etcdserverpb.KV/Put". Any other path is answered UNIMPLEMENTED. */
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  /** Calls that last, by path. */
  readonly streams?: ReadonlyMap<string, StreamMethod>;
  /** Largest message taken; a larger one is answered RESOURCE_EXHAUSTED without being read. */
  readonly messageBytesMax: number;
  /** Hears how each call of a known method went, once. */
  readonly onDone?: (path: string, code: GrpcCode) => void;
}

/** Serves the streams of any number of connections. */
export function grpcHandler(options: GrpcServerOptions): StreamHandler {
  const { methods, streams = new Map<string, StreamMethod>(), messageBytesMax, onDone = () => {} } = options;
  const services = new Set([...methods.keys(), ...streams.keys()].map((path) => path.split("/")[1]!));
  return (stream, headers) => {
    const contentType = headers.get("content-type") ?? "";
    if (headers.get(":method") !== "POST" || !contentType.startsWith("application/grpc")) {
      stream.sendHeaders(NOT_GRPC, true);
      return DEAF;
    }
    const path = headers.get(":path") ?? "";
    const call = { stream, headers, messageBytesMax, onDone: (code: GrpcCode) => onDone(path, code) };
    const method = methods.get(path);
    if (method !== undefined) return new UnaryCall(call, method);
    const lasting = streams.get(path);
    if (lasting !== undefined) return new GrpcStream(call, lasting);
    refuse(stream, "unimplemented", unknownMethod(path, services));
    return DEAF;
  };
}

const NOT_GRPC = hpackEncode([[":status", "415"]]);
/** Listens to what comes after an answer: nothing matters any more. */
const DEAF: StreamListener = { onData() {}, onEnd() {}, onAborted() {} };

/** What a call of any shape is made of. */
export interface CallParts {
  readonly stream: ServerStream;
  readonly headers: ReadonlyMap<string, string>;
  readonly messageBytesMax: number;
  readonly onDone: (code: GrpcCode) => void;
}

class UnaryCall implements StreamListener {
  readonly #stream: ServerStream;
  readonly #method: UnaryMethod;
  readonly #messageBytesMax: number;
  readonly #encoding: string;
  readonly #metadata: ReadonlyMap<string, string>;
  readonly #timeoutMs: number | null;
  readonly #onDone: (code: GrpcCode) => void;
  #chunks: Uint8Array[] = [];
  #receivedBytes = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #cancel: Cancel | null = null;
  #done = false;

  constructor({ stream, headers, messageBytesMax, onDone }: CallParts, method: UnaryMethod) {
    this.#stream = stream;
    this.#method = method;
    this.#messageBytesMax = messageBytesMax;
    this.#encoding = headers.get("grpc-encoding") ?? "";
    this.#metadata = headers;
    this.#timeoutMs = timeoutMs(headers.get("grpc-timeout"));
    this.#onDone = onDone;
  }

  onData(bytes: Uint8Array): void {
    if (this.#done) return;
    this.#chunks.push(bytes);
    this.#receivedBytes += bytes.length;
    if (this.#receivedBytes < FRAME_HEADER_BYTES) return;
    const messageBytes = frameMessageBytes(this.#chunks);
    if (messageBytes > this.#messageBytesMax) {
      const why = `grpc: received message larger than max (${messageBytes} vs. ${this.#messageBytesMax})`;
      this.#refuse("resourceExhausted", why);
    } else if (this.#receivedBytes > FRAME_HEADER_BYTES + messageBytes) {
      this.#refuse("internal", "grpc: more than one message in a unary request");
    }
  }

  onEnd(): void {
    if (this.#done) return;
    const frame = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [];
    if (frame.length < FRAME_HEADER_BYTES || frame.length < FRAME_HEADER_BYTES + frameMessageBytes([frame])) {
      return this.#refuse("internal", "grpc: request ended before its message did");
    }
    if (frame[0] === COMPRESSED_FLAG) {
      const why = `grpc: Decompressor is not installed for grpc-encoding "${this.#encoding}"`;
      return this.#refuse("unimplemented", why);
    }
    if (this.#timeoutMs !== null) {
      this.#timer = setTimeout(() => {
        if (this.#done) return;
        this.#cancel?.();
        this.#refuse("deadlineExceeded", "context deadline exceeded");
      }, this.#timeoutMs);
    }
    this.#cancel = this.#method(frame.subarray(FRAME_HEADER_BYTES), (answer) => {
      if (this.#done) return;
      if (answer.kind === "error") return this.#refuse(answer.code, answer.message);
      this.#finish("ok");
      this.#stream.sendHeaders(ANSWER_HEADERS, false);
      this.#stream.sendData(frameOf(answer.bytes));
      this.#stream.sendTrailers(ANSWER_TRAILERS);
    }, this.#metadata);
  }

  onAborted(): void {
    if (this.#done) return;
    this.#finish("cancelled");
    this.#cancel?.();
  }

  #refuse(code: GrpcCode, message: string): void {
    this.#finish(code);
    refuse(this.#stream, code, message);
  }

  #finish(code: GrpcCode): void {
    this.#onDone(code);
    this.#done = true;
    this.#chunks = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** In grpc-go's words. */
function unknownMethod(path: string, services: ReadonlySet<string>): string {
  const [, service, method] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
  if (service === undefined || method === undefined) return `malformed method name: ${JSON.stringify(path)}`;
  return services.has(service)
    ? `unknown method ${method} for service ${service}`
    : `unknown service ${service}`;
}
