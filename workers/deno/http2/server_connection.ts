// The server's side of one HTTP/2 connection (RFC 9113) over a socket: streams, flow control both ways, and the
// rules whose breach ends a stream or the connection. No push, no priorities.
//
// Deno's own node:http2 would do, were it not for the native library beneath it: it aborts the whole process when a
// client closes a busy connection (denoland/deno#36788). A member must outlive its clients. Written for what gRPC
// needs, this is also several times cheaper per call: everything that one turn of the event loop answers leaves in
// one write.

import { Buffer } from "node:buffer";
import type net from "node:net";
import {
  CODE,
  FLAG,
  type Frame,
  frame,
  FrameCutter,
  INITIAL_WINDOW_BYTES,
  numberFrame,
  PAYLOAD_BYTES_MAX,
  PREFACE,
  readUint32,
  SETTING,
  settingsFrame,
  TYPE,
  unpadded,
  WINDOW_BYTES_MAX,
} from "./frames.ts";
import { type Header, HEADER_LIST_BYTES_MAX, HpackDecoder, TABLE_BYTES_MAX } from "./hpack.ts";

/** What the owner of a stream hears. */
export interface StreamListener {
  onData(bytes: Uint8Array): void;
  /** The request is whole. */
  onEnd(): void;
  /** The client has gone or has reset the stream: nothing that is sent now arrives. Not after a whole answer. */
  onAborted(): void;
}

export type StreamHandler = (stream: ServerStream, headers: ReadonlyMap<string, string>) => StreamListener;

/** What we let a client send ahead on one stream: a whole request in most cases. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
/** …and on all streams of a connection together. */
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;
/** A client that lets this much of its answers pile up is cut off. */
const UNSENT_BYTES_MAX = 256 * 1024 * 1024;
const SETTINGS_ACK = frame(TYPE.settings, FLAG.ack, 0, new Uint8Array(0));

export interface ConnectionLimits {
  /** Streams that a client may have open at once (--max-concurrent-streams). One more is refused unseen. */
  readonly streamCountMax: number;
}

/** A breach that ends the connection: `code` goes into its GOAWAY. */
class ConnectionFault extends Error {
  readonly code: number;
  constructor(code: number, what: string) {
    super(what);
    this.code = code;
  }
}

export class ServerConnection {
  readonly #socket: net.Socket;
  readonly #handler: StreamHandler;
  readonly #streamCountMax: number;
  readonly #cutter = new FrameCutter();
  readonly #decoder = new HpackDecoder();
  readonly #streams = new Map<number, ServerStream>();
  /** The client's preface as far as it is still to come. */
  #prefaceAt = 0;
  #lastStreamId = 0;
  /** A header block that goes on in CONTINUATION frames. */
  #openBlock: { streamId: number; endStream: boolean; parts: Uint8Array[]; bytes: number } | null = null;
  /** Bytes received since the last WINDOW_UPDATE for the connection. */
  #unacknowledgedBytes = 0;
  #sendWindow = INITIAL_WINDOW_BYTES;
  #initialStreamWindow = INITIAL_WINDOW_BYTES;
  #payloadBytesMax = PAYLOAD_BYTES_MAX;
  #outgoing: Uint8Array[] = [];
  #flushQueued = false;
  #unsentBytes = 0;
  #closed = false;

  constructor(socket: net.Socket, handler: StreamHandler, limits: ConnectionLimits | null = null) {
    this.#socket = socket;
    this.#handler = handler;
    this.#streamCountMax = limits?.streamCountMax ?? Infinity;
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    socket.on("end", () => socket.end());
    socket.on("close", () => this.#onClosed());
    this.write(settingsFrame([
      ...(limits === null ? [] : [[SETTING.maxConcurrentStreams, limits.streamCountMax] as const]),
      [SETTING.initialWindowSize, STREAM_WINDOW_BYTES],
      [SETTING.maxHeaderListSize, HEADER_LIST_BYTES_MAX],
    ]));
    this.write(numberFrame(TYPE.windowUpdate, 0, CONNECTION_WINDOW_BYTES - INITIAL_WINDOW_BYTES));
  }

  // --- What a stream needs of its connection -----------------------------------------------------------------

  /** Queues a frame; all that are queued within one turn leave together. */
  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#outgoing.push(bytes);
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    queueMicrotask(() => this.#flush());
  }

  /** How much of `wanted` bytes may go out now on a stream with this window; takes it from the connection's. */
  claim(wanted: number, streamWindow: number): number {
    const granted = Math.max(0, Math.min(wanted, streamWindow, this.#sendWindow, this.#payloadBytesMax));
    this.#sendWindow -= granted;
    return granted;
  }

  /** Counts bytes that wait for the client (negative: that no longer do). */
  addUnsent(bytes: number): void {
    this.#unsentBytes += bytes;
    if (this.#unsentBytes + this.#socket.writableLength > UNSENT_BYTES_MAX) this.#socket.destroy();
  }

  forget(streamId: number): void {
    this.#streams.delete(streamId);
  }

  // --- What arrives ------------------------------------------------------------------------------------------

  #receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    try {
      const rest = this.#passPreface(chunk);
      if (rest.length === 0) return;
      const frames = this.#cutter.take(rest);
      if (frames === null) throw new ConnectionFault(CODE.frameSizeError, "frame too large");
      for (const received of frames) this.#take(received);
    } catch (error) {
      if (!(error instanceof ConnectionFault)) throw error;
      this.#fail(error.code, error.message);
    }
  }

  #passPreface(chunk: Uint8Array): Uint8Array {
    if (this.#prefaceAt === PREFACE.length) return chunk;
    const length = Math.min(chunk.length, PREFACE.length - this.#prefaceAt);
    for (let i = 0; i < length; i++) {
      if (chunk[i] !== PREFACE[this.#prefaceAt + i]) {
        throw new ConnectionFault(CODE.protocolError, "bad preface");
      }
    }
    this.#prefaceAt += length;
    return chunk.subarray(length);
  }

  #take(received: Frame): void {
    const { type, streamId, payload } = received;
    if (this.#openBlock !== null && (type !== TYPE.continuation || streamId !== this.#openBlock.streamId)) {
      throw new ConnectionFault(CODE.protocolError, "a header block was interrupted");
    }
    switch (type) {
      case TYPE.data:
        return this.#onData(received);
      case TYPE.headers:
        return this.#onHeaders(received);
      case TYPE.continuation:
        return this.#onContinuation(received);
      case TYPE.resetStream:
        expectLength(payload, 4);
        this.#expectUsed(streamId);
        return this.#streams.get(streamId)?.abort();
      case TYPE.settings:
        return this.#onSettings(received);
      case TYPE.ping:
        expectLength(payload, 8);
        if ((received.flags & FLAG.ack) === 0) this.write(frame(TYPE.ping, FLAG.ack, 0, payload));
        return;
      case TYPE.windowUpdate:
        return this.#onWindowUpdate(streamId, payload);
      case TYPE.pushPromise:
        throw new ConnectionFault(CODE.protocolError, "a client cannot push");
      // A client's GOAWAY concerns streams that we would open; priorities and unknown types change nothing.
      default:
        return;
    }
  }

  #onData(received: Frame): void {
    const { streamId, payload, flags } = received;
    this.#expectUsed(streamId);
    const data = unpadded(received);
    if (data === null) throw new ConnectionFault(CODE.protocolError, "padding too long");
    this.#unacknowledgedBytes += payload.length;
    if (this.#unacknowledgedBytes > CONNECTION_WINDOW_BYTES) {
      throw new ConnectionFault(CODE.flowControlError, "connection window overrun");
    }
    if (this.#unacknowledgedBytes >= CONNECTION_WINDOW_BYTES / 2) {
      this.write(numberFrame(TYPE.windowUpdate, 0, this.#unacknowledgedBytes));
      this.#unacknowledgedBytes = 0;
    }
    // Frames of a stream that is over may still be on their way.
    this.#streams.get(streamId)?.takeData(data, payload.length, (flags & FLAG.endStream) !== 0);
  }

  #onHeaders(received: Frame): void {
    const { streamId, flags } = received;
    const part = unpadded(received);
    if (part === null || streamId % 2 === 0) {
      throw new ConnectionFault(CODE.protocolError, "malformed HEADERS");
    }
    const block = { streamId, endStream: (flags & FLAG.endStream) !== 0, parts: [part], bytes: part.length };
    this.#openBlock = block;
    if ((flags & FLAG.endHeaders) !== 0) this.#onBlock();
  }

  #onContinuation({ flags, payload }: Frame): void {
    const block = this.#openBlock;
    if (block === null) throw new ConnectionFault(CODE.protocolError, "CONTINUATION of nothing");
    block.parts.push(payload);
    block.bytes += payload.length + 1;
    if (block.bytes > HEADER_LIST_BYTES_MAX + TABLE_BYTES_MAX) {
      throw new ConnectionFault(CODE.enhanceYourCalm, "headers without end");
    }
    if ((flags & FLAG.endHeaders) !== 0) this.#onBlock();
  }

  #onBlock(): void {
    const { streamId, endStream, parts } = this.#openBlock!;
    this.#openBlock = null;
    const headers = this.#decoder.decode(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    if (headers === null) throw new ConnectionFault(CODE.compressionError, "headers cannot be decoded");
    const known = this.#streams.get(streamId);
    if (known !== undefined) return known.takeTrailers(endStream);
    if (streamId <= this.#lastStreamId) return;
    this.#lastStreamId = streamId;
    if (this.#streams.size >= this.#streamCountMax) {
      return this.write(numberFrame(TYPE.resetStream, streamId, CODE.refusedStream));
    }
    const stream = new ServerStream(this, streamId, this.#initialStreamWindow);
    this.#streams.set(streamId, stream);
    stream.open(this.#handler(stream, headerMap(headers)), endStream);
  }

  #onSettings({ flags, payload, streamId }: Frame): void {
    if (streamId !== 0) throw new ConnectionFault(CODE.protocolError, "SETTINGS of a stream");
    if ((flags & FLAG.ack) !== 0) return;
    if (payload.length % 6 !== 0) throw new ConnectionFault(CODE.frameSizeError, "malformed SETTINGS");
    for (let at = 0; at < payload.length; at += 6) {
      const id = (payload[at]! << 8) | payload[at + 1]!;
      const value = readUint32(payload, at + 2);
      if (id === SETTING.initialWindowSize) this.#setInitialWindow(value);
      if (id === SETTING.maxFrameSize) {
        if (value < PAYLOAD_BYTES_MAX) {
          throw new ConnectionFault(CODE.protocolError, "SETTINGS_MAX_FRAME_SIZE");
        }
        // Larger frames gain little and would keep other streams waiting.
        this.#payloadBytesMax = PAYLOAD_BYTES_MAX;
      }
    }
    this.write(SETTINGS_ACK);
  }

  #setInitialWindow(bytes: number): void {
    if (bytes > WINDOW_BYTES_MAX) throw new ConnectionFault(CODE.flowControlError, "window too large");
    const change = bytes - this.#initialStreamWindow;
    this.#initialStreamWindow = bytes;
    for (const stream of this.#streams.values()) stream.addWindow(change);
  }

  #onWindowUpdate(streamId: number, payload: Uint8Array): void {
    expectLength(payload, 4);
    const bytes = readUint32(payload, 0) & 0x7fff_ffff;
    if (bytes === 0) throw new ConnectionFault(CODE.protocolError, "WINDOW_UPDATE by nothing");
    if (streamId !== 0) {
      this.#expectUsed(streamId);
      this.#streams.get(streamId)?.addWindow(bytes);
      return;
    }
    this.#sendWindow += bytes;
    if (this.#sendWindow > WINDOW_BYTES_MAX) {
      throw new ConnectionFault(CODE.flowControlError, "window too large");
    }
    for (const stream of this.#streams.values()) {
      if (this.#sendWindow === 0) break;
      stream.pump();
    }
  }

  #expectUsed(streamId: number): void {
    if (streamId === 0 || streamId > this.#lastStreamId) {
      throw new ConnectionFault(CODE.protocolError, `stream ${streamId} was never opened`);
    }
  }

  // --- What leaves -------------------------------------------------------------------------------------------

  #flush(): void {
    this.#flushQueued = false;
    if (this.#closed || this.#outgoing.length === 0) return;
    const bytes = this.#outgoing.length === 1 ? this.#outgoing[0]! : Buffer.concat(this.#outgoing);
    this.#outgoing = [];
    this.#socket.write(bytes);
  }

  #fail(code: number, why: string): void {
    const notice = Buffer.concat([
      numberFrame(TYPE.goAway, 0, this.#lastStreamId, code).subarray(9),
      Buffer.from(why),
    ]);
    this.write(frame(TYPE.goAway, 0, 0, notice));
    this.#flush();
    this.#onClosed();
    this.#socket.end();
    this.#socket.resume();
  }

  #onClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.abort();
  }
}

interface PendingData {
  bytes: Uint8Array;
  readonly onSent: (() => void) | null;
}

/** One request and its answer. */
export class ServerStream {
  readonly #connection: ServerConnection;
  readonly #id: number;
  #listener: StreamListener | null = null;
  #sendWindow: number;
  #unacknowledgedBytes = 0;
  #requestEnded = false;
  /** What the flow control holds back, in order; then the trailers. */
  #pending: PendingData[] = [];
  #trailers: Uint8Array | null = null;
  #over = false;

  constructor(connection: ServerConnection, id: number, sendWindow: number) {
    this.#connection = connection;
    this.#id = id;
    this.#sendWindow = sendWindow;
  }

  /** The answer is whole, or nobody waits for it any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Sends a header block made by `hpackEncode`. With `endStream` it is the whole answer. */
  sendHeaders(block: Uint8Array, endStream: boolean): void {
    if (this.#over) return;
    const flags = FLAG.endHeaders | (endStream ? FLAG.endStream : 0);
    this.#connection.write(frame(TYPE.headers, flags, this.#id, block));
    if (endStream) this.#finish();
  }

  /**
   * Sends bytes as fast as the client takes them.
   * @param onSent hears that the client's windows have let the last of them pass; never, when the stream ends before.
   */
  sendData(bytes: Uint8Array, onSent: (() => void) | null = null): void {
    if (this.#over) return;
    this.#pending.push({ bytes, onSent });
    this.#connection.addUnsent(bytes.length);
    this.pump();
  }

  /** Ends the answer with a header block, after all data. */
  sendTrailers(block: Uint8Array): void {
    if (this.#over) return;
    this.#trailers = block;
    this.pump();
  }

  // --- For the connection ------------------------------------------------------------------------------------

  open(listener: StreamListener, endStream: boolean): void {
    this.#listener = listener;
    if (endStream) this.#endRequest();
  }

  takeData(data: Uint8Array, windowBytes: number, endStream: boolean): void {
    if (this.#requestEnded) return;
    this.#unacknowledgedBytes += windowBytes;
    if (this.#unacknowledgedBytes > STREAM_WINDOW_BYTES) {
      throw new ConnectionFault(CODE.flowControlError, "stream window overrun");
    }
    if (data.length > 0) this.#listener?.onData(data);
    if (endStream) return this.#endRequest();
    if (this.#unacknowledgedBytes < STREAM_WINDOW_BYTES / 2 || this.#over) return;
    this.#connection.write(numberFrame(TYPE.windowUpdate, this.#id, this.#unacknowledgedBytes));
    this.#unacknowledgedBytes = 0;
  }

  takeTrailers(endStream: boolean): void {
    if (!endStream) throw new ConnectionFault(CODE.protocolError, "headers amid a request");
    this.#endRequest();
  }

  addWindow(bytes: number): void {
    this.#sendWindow += bytes;
    if (this.#sendWindow > WINDOW_BYTES_MAX) {
      throw new ConnectionFault(CODE.flowControlError, "window too large");
    }
    this.pump();
  }

  pump(): void {
    while (this.#pending.length > 0) {
      const next = this.#pending[0]!;
      const length = this.#connection.claim(next.bytes.length, this.#sendWindow);
      if (length === 0 && next.bytes.length > 0) return;
      this.#sendWindow -= length;
      this.#connection.write(frame(TYPE.data, 0, this.#id, next.bytes.subarray(0, length)));
      this.#connection.addUnsent(-length);
      if (length < next.bytes.length) {
        next.bytes = next.bytes.subarray(length);
        continue;
      }
      this.#pending.shift();
      next.onSent?.();
    }
    if (this.#trailers === null || this.#over) return;
    this.#connection.write(frame(TYPE.headers, FLAG.endHeaders | FLAG.endStream, this.#id, this.#trailers));
    this.#finish();
  }

  abort(): void {
    if (this.#over) return;
    this.#leave();
    this.#listener?.onAborted();
  }

  #endRequest(): void {
    if (this.#requestEnded) return;
    this.#requestEnded = true;
    if (!this.#over) this.#listener?.onEnd();
  }

  #finish(): void {
    // The rest of a request that was answered early is not wanted. (RFC 9113 §8.1)
    if (!this.#requestEnded) this.#connection.write(numberFrame(TYPE.resetStream, this.#id, CODE.noError));
    this.#leave();
  }

  #leave(): void {
    this.#over = true;
    for (const { bytes } of this.#pending) this.#connection.addUnsent(-bytes.length);
    this.#pending = [];
    this.#connection.forget(this.#id);
  }
}

function headerMap(headers: readonly Header[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of headers) map.set(name, value);
  return map;
}

function expectLength(payload: Uint8Array, length: number): void {
  if (payload.length !== length) {
    throw new ConnectionFault(CODE.frameSizeError, "a frame of the wrong length");
  }
}
