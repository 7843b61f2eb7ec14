// The client's side of one HTTP/2 connection (RFC 9113) over a socket, with prior knowledge (no upgrade): streams and
// flow control both ways. The server's side, beside it, says why this is not node:http2.

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
} from "./frames.ts";
import { HEADER_LIST_BYTES_MAX, HpackDecoder, TABLE_BYTES_MAX } from "./hpack.ts";

/** What the owner of a stream hears. After `onEnd` or `onBroken`, nothing more. */
export interface ClientStreamListener {
  /** Once for the answer's head, and once more for its trailers. */
  onHeaders(headers: ReadonlyMap<string, string>): void;
  onData(bytes: Uint8Array): void;
  onEnd(): void;
  /** `unprocessed`: the server has not looked at the request, so it may be sent again without harm. */
  onBroken(why: string, unprocessed: boolean): void;
}

/** What the server may send ahead on one stream, and on all of them together. */
const STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 64 * 1024 * 1024;
const REFUSED_STREAM = 7;
const LAST_STREAM_ID = 2 ** 31 - 1;
const SETTINGS_ACK = frame(TYPE.settings, FLAG.ack, 0, new Uint8Array(0));

export class ClientConnection {
  readonly #socket: net.Socket;
  readonly #onClosed: () => void;
  readonly #cutter = new FrameCutter();
  readonly #decoder = new HpackDecoder();
  readonly #streams = new Map<number, ClientStream>();
  #nextStreamId = 1;
  #sendWindow = INITIAL_WINDOW_BYTES;
  #initialStreamWindow = INITIAL_WINDOW_BYTES;
  #unacknowledgedBytes = 0;
  #openBlock: { streamId: number; endStream: boolean; parts: Uint8Array[]; bytes: number } | null = null;
  #outgoing: Uint8Array[] = [];
  /** No stream may be opened any more: the server is leaving, or this side is. */
  #leaving = false;
  #closed = false;

  /** @param socket connected. `onClosed` is called once, after every stream has been told. */
  constructor(socket: net.Socket, onClosed: () => void) {
    this.#socket = socket;
    this.#onClosed = onClosed;
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.#end("connection closed"));
    this.write(PREFACE);
    this.write(settingsFrame([
      [SETTING.initialWindowSize, STREAM_WINDOW_BYTES],
      [SETTING.maxHeaderListSize, HEADER_LIST_BYTES_MAX],
    ]));
    this.write(numberFrame(TYPE.windowUpdate, 0, CONNECTION_WINDOW_BYTES - INITIAL_WINDOW_BYTES));
  }

  get usable(): boolean {
    return !this.#leaving && !this.#closed && this.#nextStreamId < LAST_STREAM_ID;
  }

  /** Opens a stream with a header block made by `hpackEncode`. The connection must be usable. */
  open(block: Uint8Array, listener: ClientStreamListener): ClientStream {
    const id = this.#nextStreamId;
    this.#nextStreamId += 2;
    const stream = new ClientStream(this, id, this.#initialStreamWindow, listener);
    this.#streams.set(id, stream);
    this.write(frame(TYPE.headers, FLAG.endHeaders, id, block));
    return stream;
  }

  close(): void {
    this.#socket.destroy();
    this.#end("connection closed by this side");
  }

  // --- What a stream needs of its connection -----------------------------------------------------------------

  /** Queues a frame; all that are queued within one turn leave together. */
  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    if (this.#outgoing.length === 0) {
      queueMicrotask(() => {
        const all = this.#outgoing.length === 1 ? this.#outgoing[0]! : Buffer.concat(this.#outgoing);
        this.#outgoing = [];
        if (!this.#closed) this.#socket.write(all);
      });
    }
    this.#outgoing.push(bytes);
  }

  /** How much of `wanted` bytes may go out now on a stream with this window; takes it from the connection's. */
  claim(wanted: number, streamWindow: number): number {
    const granted = Math.max(0, Math.min(wanted, streamWindow, this.#sendWindow, PAYLOAD_BYTES_MAX));
    this.#sendWindow -= granted;
    return granted;
  }

  forget(streamId: number): void {
    this.#streams.delete(streamId);
  }

  // --- What arrives ------------------------------------------------------------------------------------------

  #receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    const frames = this.#cutter.take(chunk);
    if (frames === null) return this.#fail("a frame larger than allowed");
    for (const received of frames) {
      const trouble = this.#take(received);
      if (trouble !== null) return this.#fail(trouble);
    }
  }

  /** What breaks the connection, or null. */
  #take(received: Frame): string | null {
    const { type, flags, streamId, payload } = received;
    if (this.#openBlock !== null && (type !== TYPE.continuation || streamId !== this.#openBlock.streamId)) {
      return "a header block was interrupted";
    }
    switch (type) {
      case TYPE.data:
        return this.#onData(received);
      case TYPE.headers: {
        const part = unpadded(received);
        if (part === null) return "padding too long";
        const endStream = (flags & FLAG.endStream) !== 0;
        this.#openBlock = { streamId, endStream, parts: [part], bytes: part.length };
        return (flags & FLAG.endHeaders) === 0 ? null : this.#onBlock();
      }
      case TYPE.continuation: {
        const block = this.#openBlock;
        if (block === null) return "CONTINUATION of nothing";
        block.parts.push(payload);
        block.bytes += payload.length + 1;
        if (block.bytes > HEADER_LIST_BYTES_MAX + TABLE_BYTES_MAX) return "headers without end";
        return (flags & FLAG.endHeaders) === 0 ? null : this.#onBlock();
      }
      case TYPE.settings:
        return (flags & FLAG.ack) === 0 ? this.#onSettings(payload) : null;
      case TYPE.ping:
        if ((flags & FLAG.ack) === 0) this.write(frame(TYPE.ping, FLAG.ack, 0, payload));
        return null;
      case TYPE.windowUpdate:
        return this.#onWindowUpdate(streamId, payload);
      case TYPE.resetStream: {
        if (payload.length !== 4) return "malformed RST_STREAM";
        const code = readUint32(payload, 0);
        this.#streams.get(streamId)?.break(`stream reset with code ${code}`, code === REFUSED_STREAM);
        return null;
      }
      case TYPE.goAway: {
        if (payload.length < 8) return "malformed GOAWAY";
        this.#leaving = true;
        const lastId = readUint32(payload, 0) & 0x7fff_ffff;
        for (const [id, stream] of [...this.#streams]) {
          if (id > lastId) stream.break("the server is leaving", true);
        }
        return null;
      }
      case TYPE.pushPromise:
        return "a push that was not asked for";
      default:
        return null;
    }
  }

  #onData(received: Frame): string | null {
    const { streamId, payload, flags } = received;
    const data = unpadded(received);
    if (data === null) return "padding too long";
    this.#unacknowledgedBytes += payload.length;
    if (this.#unacknowledgedBytes >= CONNECTION_WINDOW_BYTES / 2) {
      this.write(numberFrame(TYPE.windowUpdate, 0, this.#unacknowledgedBytes));
      this.#unacknowledgedBytes = 0;
    }
    this.#streams.get(streamId)?.takeData(data, payload.length, (flags & FLAG.endStream) !== 0);
    return null;
  }

  #onBlock(): string | null {
    const { streamId, endStream, parts } = this.#openBlock!;
    this.#openBlock = null;
    const headers = this.#decoder.decode(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    if (headers === null) return "headers cannot be decoded";
    this.#streams.get(streamId)?.takeHeaders(new Map(headers), endStream);
    return null;
  }

  #onSettings(payload: Uint8Array): string | null {
    if (payload.length % 6 !== 0) return "malformed SETTINGS";
    for (let at = 0; at < payload.length; at += 6) {
      if (((payload[at]! << 8) | payload[at + 1]!) !== SETTING.initialWindowSize) continue;
      const bytes = readUint32(payload, at + 2);
      const change = bytes - this.#initialStreamWindow;
      this.#initialStreamWindow = bytes;
      for (const stream of this.#streams.values()) stream.addWindow(change);
    }
    this.write(SETTINGS_ACK);
    return null;
  }

  #onWindowUpdate(streamId: number, payload: Uint8Array): string | null {
    if (payload.length !== 4) return "malformed WINDOW_UPDATE";
    const bytes = readUint32(payload, 0) & 0x7fff_ffff;
    if (streamId !== 0) {
      this.#streams.get(streamId)?.addWindow(bytes);
      return null;
    }
    this.#sendWindow += bytes;
    for (const stream of this.#streams.values()) stream.pump();
    return null;
  }

  #fail(why: string): void {
    this.#socket.destroy();
    this.#end(why);
  }

  #end(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.break(why, false);
    this.#onClosed();
  }
}

/** One request and its answer. */
export class ClientStream {
  readonly #connection: ClientConnection;
  readonly #id: number;
  readonly #listener: ClientStreamListener;
  #sendWindow: number;
  #unacknowledgedBytes = 0;
  #pending: Uint8Array[] = [];
  #sendsEnd = false;
  #sentEnd = false;
  #over = false;

  constructor(connection: ClientConnection, id: number, sendWindow: number, listener: ClientStreamListener) {
    this.#connection = connection;
    this.#id = id;
    this.#sendWindow = sendWindow;
    this.#listener = listener;
  }

  /** Sends bytes as fast as the server takes them. */
  send(bytes: Uint8Array): void {
    if (this.#over || this.#sendsEnd) return;
    this.#pending.push(bytes);
    this.pump();
  }

  /** The request is whole. */
  end(): void {
    if (this.#over || this.#sendsEnd) return;
    this.#sendsEnd = true;
    this.pump();
  }

  /** Nobody waits for the answer any more. The listener hears nothing of it. */
  cancel(): void {
    if (this.#over) return;
    this.#connection.write(numberFrame(TYPE.resetStream, this.#id, CODE.cancel));
    this.#leave();
  }

  // --- For the connection ------------------------------------------------------------------------------------

  takeHeaders(headers: ReadonlyMap<string, string>, endStream: boolean): void {
    if (this.#over) return;
    this.#listener.onHeaders(headers);
    if (endStream) this.#finish();
  }

  takeData(data: Uint8Array, windowBytes: number, endStream: boolean): void {
    if (this.#over) return;
    if (data.length > 0) this.#listener.onData(data);
    if (endStream) return this.#finish();
    this.#unacknowledgedBytes += windowBytes;
    if (this.#unacknowledgedBytes < STREAM_WINDOW_BYTES / 2 || this.#over) return;
    this.#connection.write(numberFrame(TYPE.windowUpdate, this.#id, this.#unacknowledgedBytes));
    this.#unacknowledgedBytes = 0;
  }

  addWindow(bytes: number): void {
    this.#sendWindow += bytes;
    this.pump();
  }

  pump(): void {
    while (this.#pending.length > 0) {
      const next = this.#pending[0]!;
      const length = this.#connection.claim(next.length, this.#sendWindow);
      if (length === 0 && next.length > 0) return;
      this.#sendWindow -= length;
      this.#connection.write(frame(TYPE.data, 0, this.#id, next.subarray(0, length)));
      if (length === next.length) this.#pending.shift();
      else this.#pending[0] = next.subarray(length);
    }
    if (!this.#sendsEnd || this.#sentEnd) return;
    this.#sentEnd = true;
    this.#connection.write(frame(TYPE.data, FLAG.endStream, this.#id, new Uint8Array(0)));
  }

  break(why: string, unprocessed: boolean): void {
    if (this.#over) return;
    this.#leave();
    this.#listener.onBroken(why, unprocessed);
  }

  #finish(): void {
    this.#leave();
    this.#listener.onEnd();
  }

  #leave(): void {
    this.#over = true;
    this.#pending = [];
    this.#connection.forget(this.#id);
  }
}
