// gRPC's unary calls over Node's http2: the framing of requests and answers, statuses, deadlines. Written out because
// it is small, a third cheaper per call than the usual library, and needs no permission beyond the network. What a
// call means is not known here.
//
//   request   HEADERS :path /package.Service/Method   DATA  0|length|message   END_STREAM
//   answer    HEADERS :status 200                     DATA  0|length|message   HEADERS grpc-status 0
//   refusal   HEADERS :status 200, grpc-status, grpc-message                   END_STREAM
//
// (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md)

import { Buffer } from "node:buffer";
import http2 from "node:http2";
import { GRPC_CODE_NUMBER, type GrpcCode } from "../../core/base/etcd_error.ts";

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

/** A server without a port of its own: hand it sockets by `emit("connection", socket)`. */
export function createGrpcServer(options: GrpcServerOptions): http2.Http2Server {
  const server = http2.createServer({
    // Node closes a session that buffers more than 10 MB by default; a full answer to a range may be larger.
    maxSessionMemory: 512,
    settings: { initialWindowSize: 1024 * 1024 },
  });
  server.on("stream", (stream, headers) => serve(options, stream, headers));
  // What a broken client does to its own connection ends that connection, nothing else.
  server.on("sessionError", () => {});
  return server;
}

const FRAME_HEADER_BYTES = 5;
const COMPRESSED_FLAG = 1;

function serve(
  options: GrpcServerOptions,
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
): void {
  stream.on("error", () => {});
  const contentType = headers["content-type"] ?? "";
  if (headers[":method"] !== "POST" || !contentType.startsWith("application/grpc")) {
    stream.respond({ ":status": 415 }, { endStream: true });
    return;
  }
  const path = headers[":path"] ?? "";
  const method = options.methods.get(path);
  if (method === undefined) return refuse(stream, "unimplemented", unknownMethod(path));

  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  stream.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    receivedBytes += chunk.length;
    if (receivedBytes < FRAME_HEADER_BYTES || stream.headersSent) return;
    const messageBytes = frameMessageBytes(chunks);
    if (messageBytes > options.messageBytesMax) {
      const why = `grpc: received message larger than max (${messageBytes} vs. ${options.messageBytesMax})`;
      refuse(stream, "resourceExhausted", why);
      stream.close(http2.constants.NGHTTP2_NO_ERROR);
    } else if (receivedBytes > FRAME_HEADER_BYTES + messageBytes) {
      refuse(stream, "internal", "grpc: more than one message in a unary request");
      stream.close(http2.constants.NGHTTP2_NO_ERROR);
    }
  });
  stream.on("end", () => {
    if (stream.headersSent || stream.destroyed) return;
    const frame = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const whole = frame.length >= FRAME_HEADER_BYTES &&
      frame.length === FRAME_HEADER_BYTES + frameMessageBytes([frame]);
    if (!whole) return refuse(stream, "internal", "grpc: request ended before its message did");
    if (frame[0] === COMPRESSED_FLAG) {
      const encoding = headers["grpc-encoding"] ?? "";
      const why = `grpc: Decompressor is not installed for grpc-encoding "${encoding}"`;
      return refuse(stream, "unimplemented", why);
    }
    call(stream, method, frame.subarray(FRAME_HEADER_BYTES), timeoutMs(headers["grpc-timeout"]));
  });
}

function call(
  stream: http2.ServerHttp2Stream,
  method: UnaryMethod,
  request: Uint8Array,
  timeoutMs: number | null,
): void {
  let done = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const finish = (): boolean => {
    if (done) return false;
    done = true;
    if (timer !== null) clearTimeout(timer);
    return true;
  };
  const cancel = method(request, (answer) => {
    if (!finish() || stream.destroyed) return;
    if (answer.kind === "error") refuse(stream, answer.code, answer.message);
    else succeed(stream, answer.bytes);
  });
  if (done) return;
  stream.on("close", () => {
    if (finish()) cancel?.();
  });
  if (timeoutMs !== null) {
    timer = setTimeout(() => {
      if (!finish()) return;
      cancel?.();
      refuse(stream, "deadlineExceeded", "context deadline exceeded");
    }, timeoutMs);
  }
}

function succeed(stream: http2.ServerHttp2Stream, message: Uint8Array): void {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, FRAME_HEADER_BYTES);
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(frame);
}

function refuse(stream: http2.ServerHttp2Stream, code: GrpcCode, message: string): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond({
    ":status": 200,
    "content-type": "application/grpc",
    "grpc-status": String(GRPC_CODE_NUMBER[code]),
    "grpc-message": percentEncode(message),
  }, { endStream: true });
}

function unknownMethod(path: string): string {
  const [, service, method] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
  if (service === undefined || method === undefined) return `malformed method name: ${JSON.stringify(path)}`;
  return `unknown method ${method} for service ${service}`;
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
function timeoutMs(header: string | string[] | undefined): number | null {
  const [, digits, unit] = typeof header === "string" ? /^(\d{1,8})([HMSmun])$/.exec(header) ?? [] : [];
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
