// gRPC's unary calls over HTTP/2: the framing of requests and answers, statuses, deadlines. What a call means is not
// known here.
//
//   request   HEADERS :path /package.Service/Method   DATA  0|length|message   END_STREAM
//   answer    HEADERS :status 200                     DATA  0|length|message   HEADERS grpc-status 0
//   refusal   HEADERS :status 200, grpc-status, grpc-message                   END_STREAM
//
// (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md)

import { Buffer } from "node:buffer";
import { GRPC_CODE_NUMBER, type GrpcCode } from "../../core/base/etcd_error.ts";
import { hpackEncode } from "./http2/hpack.ts";
import type { ServerStream, StreamHandler, StreamListener } from "./http2/server_connection.ts";

/** A message in, one answer out through `reply`. Returns what to do should the caller stop waiting. */
export type UnaryMethod = (request: Uint8Array, reply: (answer: GrpcAnswer) => void) => Cancel | null;
export type Cancel = () => void;

export type GrpcAnswer =
  | { readonly kind: "message"; readonly bytes: Uint8Array }
  | { readonly kind: "error"; readonly code: GrpcCode; readonly message: string };

export interface GrpcServerOptions {
  /** By path: "/etcdserverpb.KV/Put". Any other path is answered UNIMPLEMENTED. */
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  /** Largest message taken; a larger one is answered RESOURCE_EXHAUSTED without being read. */
  readonly messageBytesMax: number;
}

/** Serves the streams of any number of connections. */
export function grpcHandler(options: GrpcServerOptions): StreamHandler {
  const services = new Set([...options.methods.keys()].map((path) => path.split("/")[1]!));
  return (stream, headers) => {
    const contentType = headers.get("content-type") ?? "";
    if (headers.get(":method") !== "POST" || !contentType.startsWith("application/grpc")) {
      stream.sendHeaders(NOT_GRPC, true);
      return DEAF;
    }
    const path = headers.get(":path") ?? "";
    const method = options.methods.get(path);
    if (method === undefined) {
      refuse(stream, "unimplemented", unknownMethod(path, services));
      return DEAF;
    }
    return new UnaryCall(stream, headers, method, options.messageBytesMax);
  };
}

const FRAME_HEADER_BYTES = 5;
const COMPRESSED_FLAG = 1;
const CONTENT_TYPE = ["content-type", "application/grpc"] as const;
const ANSWER_HEADERS = hpackEncode([[":status", "200"], CONTENT_TYPE]);
const ANSWER_TRAILERS = hpackEncode([["grpc-status", "0"]]);
const NOT_GRPC = hpackEncode([[":status", "415"]]);
/** Listens to what comes after an answer: nothing matters any more. */
const DEAF: StreamListener = { onData() {}, onEnd() {}, onAborted() {} };

class UnaryCall implements StreamListener {
  readonly #stream: ServerStream;
  readonly #method: UnaryMethod;
  readonly #messageBytesMax: number;
  readonly #encoding: string;
  readonly #timeoutMs: number | null;
  #chunks: Uint8Array[] = [];
  #receivedBytes = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #cancel: Cancel | null = null;
  #done = false;

  constructor(
    stream: ServerStream,
    headers: ReadonlyMap<string, string>,
    method: UnaryMethod,
    messageBytesMax: number,
  ) {
    this.#stream = stream;
    this.#method = method;
    this.#messageBytesMax = messageBytesMax;
    this.#encoding = headers.get("grpc-encoding") ?? "";
    this.#timeoutMs = timeoutMs(headers.get("grpc-timeout"));
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
      this.#finish();
      succeed(this.#stream, answer.bytes);
    });
  }

  onAborted(): void {
    if (this.#done) return;
    this.#finish();
    this.#cancel?.();
  }

  #refuse(code: GrpcCode, message: string): void {
    this.#finish();
    refuse(this.#stream, code, message);
  }

  #finish(): void {
    this.#done = true;
    this.#chunks = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

function succeed(stream: ServerStream, message: Uint8Array): void {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, FRAME_HEADER_BYTES);
  stream.sendHeaders(ANSWER_HEADERS, false);
  stream.sendData(frame);
  stream.sendTrailers(ANSWER_TRAILERS);
}

function refuse(stream: ServerStream, code: GrpcCode, message: string): void {
  stream.sendHeaders(
    hpackEncode([
      [":status", "200"],
      CONTENT_TYPE,
      ["grpc-status", String(GRPC_CODE_NUMBER[code])],
      ["grpc-message", percentEncode(message)],
    ]),
    true,
  );
}

/** In grpc-go's words. */
function unknownMethod(path: string, services: ReadonlySet<string>): string {
  const [, service, method] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
  if (service === undefined || method === undefined) return `malformed method name: ${JSON.stringify(path)}`;
  return services.has(service)
    ? `unknown method ${method} for service ${service}`
    : `unknown service ${service}`;
}

/** The length that the first five bytes announce. */
function frameMessageBytes(chunks: readonly Uint8Array[]): number {
  const first = chunks[0]!;
  const head = first.length >= FRAME_HEADER_BYTES ? first : Buffer.concat(chunks);
  return new DataView(head.buffer, head.byteOffset).getUint32(1);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000001,
};
/** A timer cannot wait longer (2^31 - 1 ms); nor will anyone. */
const TIMEOUT_MS_MAX = 2_147_483_647;

/** grpc-timeout is up to eight digits and a unit. Null when there is none, or none that can be read. */
function timeoutMs(header: string | undefined): number | null {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(header ?? "") ?? [];
  if (digits === undefined || unit === undefined) return null;
  return Math.min(TIMEOUT_MS_MAX, Number(digits) * UNIT_MS[unit]!);
}

/** grpc-message: printable ASCII stands for itself, all else (and "%") for the bytes of its UTF-8. */
function percentEncode(message: string): string {
  let text = "";
  for (const byte of Buffer.from(message, "utf8")) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    text += plain ? String.fromCharCode(byte) : "%" + byte.toString(16).toUpperCase().padStart(2, "0");
  }
  return text;
}
