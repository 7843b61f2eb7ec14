// How raft messages follow each other on a stream between members: each is preceded by its length, eight bytes, big
// endian. A stream with nothing to say sends a heartbeat of its own now and then, so that the reader can tell a quiet
// peer from a dead connection. (etcd: rafthttp/message_codec.go)

import { Buffer } from "node:buffer";
import { assert } from "../../core/base/assert.ts";
import { concatBytes } from "../../core/base/bytes.ts";

export const LENGTH_BYTES = 8;

/** raftpb.Message{Type: MsgHeartbeat} from nobody to nobody: not Raft's heartbeat, but the connection's. */
export const LINK_HEARTBEAT: Uint8Array = Uint8Array.of(0x08, 0x08);

/** True for the heartbeat of a connection, ours or etcd's (which spells out the zero receiver). */
export function isLinkHeartbeat(frame: Uint8Array): boolean {
  if (frame[0] !== 0x08 || frame[1] !== 0x08) return false;
  return frame.length === LINK_HEARTBEAT.length || (frame[2] === 0x10 && frame[3] === 0);
}

/** True for MsgSnap. The type is a message's first field, as etcd and our codec write it. */
export function isSnapshot(frame: Uint8Array): boolean {
  return frame[0] === 0x08 && frame[1] === 7;
}

/** The frames as they travel, in one piece. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(frames.reduce((sum, frame) => sum + LENGTH_BYTES + frame.length, 0));
  writeFrames(frames, whole, 0);
  return whole;
}

/** The frames as one chunk of HTTP/1.1's chunked coding, in one piece: a third of what the http module's own writing costs. */
export function chunkOf(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = frames.reduce((sum, frame) => sum + LENGTH_BYTES + frame.length, 0);
  const head = Buffer.from(`${bytes.toString(16)}\r\n`);
  const whole = Buffer.allocUnsafe(head.length + bytes + CHUNK_END.length);
  whole.set(head);
  writeFrames(frames, whole, head.length);
  whole.set(CHUNK_END, head.length + bytes);
  return whole;
}

const CHUNK_END = Buffer.from("\r\n");

function writeFrames(frames: readonly Uint8Array[], into: Uint8Array, offset: number): void {
  const view = new DataView(into.buffer, into.byteOffset, into.length);
  let at = offset;
  for (const frame of frames) {
    view.setUint32(at, 0);
    view.setUint32(at + 4, frame.length);
    into.set(frame, at + LENGTH_BYTES);
    at += LENGTH_BYTES + frame.length;
  }
}

/** Takes a stream apart again, however its bytes were cut on the way. */
export class FrameReader {
  readonly #frameBytesMax: number;
  #chunks: Uint8Array[] = [];
  #bufferedBytes = 0;
  /** Bytes needed before anything can be taken: grows to a whole frame once its length is known. */
  #neededBytes = LENGTH_BYTES;

  constructor(frameBytesMax: number) {
    assert(frameBytesMax > 0 && frameBytesMax <= 0xffff_ffff, `frame limit ${frameBytesMax}`);
    this.#frameBytesMax = frameBytesMax;
  }

  /** The frames now complete; they share memory with the chunks. Null: a frame announced itself beyond the limit. */
  take(chunk: Uint8Array): Uint8Array[] | null {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes < this.#neededBytes) return [];
    const bytes = this.#chunks.length === 1 ? chunk : concatBytes(this.#chunks);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const frames: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      this.#neededBytes = LENGTH_BYTES;
      if (bytes.length - at < LENGTH_BYTES) break;
      const frameBytes = view.getUint32(at + 4);
      if (view.getUint32(at) !== 0 || frameBytes > this.#frameBytesMax) return null;
      this.#neededBytes = LENGTH_BYTES + frameBytes;
      if (bytes.length - at < this.#neededBytes) break;
      frames.push(bytes.subarray(at + LENGTH_BYTES, at + this.#neededBytes));
      at += this.#neededBytes;
    }
    const rest = bytes.subarray(at);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bufferedBytes = rest.length;
    return frames;
  }
}
