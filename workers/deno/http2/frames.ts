// HTTP/2's frames as bytes (RFC 9113, §4 and §6): what both sides of a connection share.
//
//   0        3      4       5             9
//   | length | type | flags | stream (31) | payload …

import { Buffer } from "node:buffer";

export const FRAME_HEADER_BYTES = 9;
/** What a client says first. */
export const PREFACE: Uint8Array = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** Largest payload either side may send unless the other allows more; we never ask for more. */
export const PAYLOAD_BYTES_MAX = 16_384;
/** A window as it is before any update or setting. */
export const INITIAL_WINDOW_BYTES = 65_535;
export const WINDOW_BYTES_MAX = 2 ** 31 - 1;

export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const SETTING = {
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const CODE = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** Shares memory with what was received. */
  readonly payload: Uint8Array;
}

export function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

/** A frame whose payload is 32-bit numbers: WINDOW_UPDATE, RST_STREAM, GOAWAY. */
export function numberFrame(type: number, streamId: number, ...values: number[]): Uint8Array {
  const payload = Buffer.allocUnsafe(4 * values.length);
  values.forEach((value, i) => payload.writeUInt32BE(value, 4 * i));
  return frame(type, 0, streamId, payload);
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Uint8Array {
  const payload = Buffer.allocUnsafe(6 * settings.length);
  settings.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, 6 * i);
    payload.writeUInt32BE(value, 6 * i + 2);
  });
  return frame(TYPE.settings, 0, 0, payload);
}

export function readUint32(payload: Uint8Array, at: number): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(at);
}

/** The payload of DATA or HEADERS without padding (and HEADERS' priority); null when the padding is too long. */
export function unpadded({ type, flags, payload }: Frame): Uint8Array | null {
  let start = 0, end = payload.length;
  if ((flags & FLAG.padded) !== 0) {
    start = 1;
    end -= payload[0] ?? 0;
  }
  if (type === TYPE.headers && (flags & FLAG.priority) !== 0) start += 5;
  return start <= end ? payload.subarray(start, end) : null;
}

/** Cuts what a socket delivers into frames. */
export class FrameCutter {
  #rest: Uint8Array = new Uint8Array(0);

  /** The frames now complete. Null: one announced more than PAYLOAD_BYTES_MAX. */
  take(chunk: Uint8Array): Frame[] | null {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      if (length > PAYLOAD_BYTES_MAX) return null;
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > bytes.length) break;
      frames.push({
        type: bytes[at + 3]!,
        flags: bytes[at + 4]!,
        streamId: readUint32(bytes, at + 5) & 0x7fff_ffff,
        payload: bytes.subarray(at + FRAME_HEADER_BYTES, end),
      });
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}
