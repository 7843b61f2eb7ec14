// How gRPC travels on an HTTP/2 stream, whatever the shape of the call: messages behind a five-byte header, the status in
// the trailers. (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md)

import { Buffer } from "node:buffer";
import { type EtcdError, GRPC_CODE_NUMBER, type GrpcCode } from "../../core/base/etcd_error.ts";
import { hpackEncode } from "./http2/hpack.ts";
import type { ServerStream } from "./http2/server_connection.ts";

/** A byte that says whether the message is compressed, and four that say how long it is. */
export const FRAME_HEADER_BYTES = 5;
export const COMPRESSED_FLAG = 1;
const CONTENT_TYPE = ["content-type", "application/grpc"] as const;
export const ANSWER_HEADERS = hpackEncode([[":status", "200"], CONTENT_TYPE]);
export const ANSWER_TRAILERS = hpackEncode([["grpc-status", "0"]]);

/** A message as it travels. */
export function frameOf(message: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, FRAME_HEADER_BYTES);
  return frame;
}

/** An answer that is nothing but an error. */
export function refuse(stream: ServerStream, code: GrpcCode, message: string): void {
  stream.sendHeaders(hpackEncode([[":status", "200"], CONTENT_TYPE, ...statusHeaders(code, message)]), true);
}

/** The error that ends an answer which has begun. */
export function errorTrailers({ code, message }: EtcdError): Uint8Array {
  return hpackEncode(statusHeaders(code, message));
}

function statusHeaders(code: GrpcCode, message: string): [string, string][] {
  return [["grpc-status", String(GRPC_CODE_NUMBER[code])], ["grpc-message", percentEncode(message)]];
}

/** The length that the first five bytes announce. */
export function frameMessageBytes(chunks: readonly Uint8Array[]): number {
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
export function timeoutMs(header: string | undefined): number | null {
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
