// A small gRPC client for tests and bench: unary calls on one HTTP/2 connection, over the member's own frame and header
// codecs. (grpc-js would be the natural choice, but it rests on Deno's node:http2, whose native part can abort the
// process when connections break, and breaking connections is what these tests do. The real etcdctl is the judge of
// our wire format.)

import { Buffer } from "node:buffer";
import net from "node:net";
import { create, type DescMessage, type DescMethodUnary, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import {
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
} from "../../workers/deno/http2/frames.ts";
import { type Header, HpackDecoder, hpackEncode } from "../../workers/deno/http2/hpack.ts";

/** A refusal by the server, or code 14 when the connection broke before the answer: then the outcome is unknown. */
export class GrpcError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

interface Call {
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: GrpcError) => void;
  readonly chunks: Uint8Array[];
  readonly headers: Map<string, string>;
  /** Of the request, what the windows hold back. */
  unsent: Uint8Array;
  sendWindow: number;
  timer: ReturnType<typeof setTimeout>;
}

const UNAVAILABLE = 14;
const DEADLINE_EXCEEDED = 4;
const WINDOW_BYTES = 64 * 1024 * 1024;

export class GrpcClient {
  readonly #socket: net.Socket;
  readonly #cutter = new FrameCutter();
  readonly #decoder = new HpackDecoder();
  readonly #calls = new Map<number, Call>();
  readonly #authority: string;
  #nextStreamId = 1;
  #sendWindow = INITIAL_WINDOW_BYTES;
  #initialStreamWindow = INITIAL_WINDOW_BYTES;
  #receivedBytes = 0;
  #outgoing: Uint8Array[] = [];
  #closed = false;

  /** @param endpoint "127.0.0.1:2379" */
  constructor(endpoint: string) {
    const [host, port] = endpoint.split(":");
    this.#authority = endpoint;
    this.#socket = net.connect({ host: host!, port: Number(port), noDelay: true });
    this.#socket.on("data", (chunk: Uint8Array) => {
      for (const received of this.#cutter.take(chunk)!) this.#take(received);
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.close());
    this.#write(PREFACE);
    this.#write(settingsFrame([[SETTING.initialWindowSize, WINDOW_BYTES]]));
    this.#write(numberFrame(TYPE.windowUpdate, 0, WINDOW_BYTES));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Calls a method of the schema, for example `KV.method.put`. Rejects with a GrpcError. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs = 10_000,
  ): Promise<MessageShape<O>> {
    const path = `/${method.parent.typeName}/${method.name}`;
    const message = toBinary(method.input, create(method.input, request));
    return fromBinary(method.output, await this.raw(path, message, { timeoutMs }));
  }

  /** Calls whatever path with whatever message. */
  raw(
    path: string,
    message: Uint8Array,
    options: { timeoutMs?: number; headers?: readonly Header[] } = {},
  ): Promise<Uint8Array> {
    const { timeoutMs = 10_000, headers = [] } = options;
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new GrpcError(UNAVAILABLE, "connection closed"));
      const id = this.#nextStreamId;
      this.#nextStreamId += 2;
      const unsent = Buffer.alloc(5 + message.length);
      unsent.writeUInt32BE(message.length, 1);
      unsent.set(message, 5);
      const timer = setTimeout(() => {
        this.#write(numberFrame(TYPE.resetStream, id, 8));
        this.#end(id)?.reject(new GrpcError(DEADLINE_EXCEEDED, "no answer in time"));
      }, timeoutMs);
      const call = {
        resolve,
        reject,
        chunks: [],
        headers: new Map(),
        unsent,
        sendWindow: this.#initialStreamWindow,
        timer,
      };
      this.#calls.set(id, call);
      const block = hpackEncode([
        [":method", "POST"],
        [":scheme", "http"],
        [":path", path],
        [":authority", this.#authority],
        ["content-type", "application/grpc"],
        ["te", "trailers"],
        ...headers,
      ]);
      this.#write(frame(TYPE.headers, FLAG.endHeaders, id, block));
      this.#pump(id, call);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    for (const id of [...this.#calls.keys()]) {
      this.#end(id)?.reject(new GrpcError(UNAVAILABLE, "connection closed"));
    }
  }

  #take(received: Frame): void {
    const { type, flags, streamId, payload } = received;
    const call = this.#calls.get(streamId);
    switch (type) {
      case TYPE.settings:
        if ((flags & FLAG.ack) !== 0) return;
        for (let at = 0; at < payload.length; at += 6) {
          if (payload[at + 1] === SETTING.initialWindowSize) {
            this.#initialStreamWindow = readUint32(payload, at + 2);
          }
        }
        for (const [id, waiting] of this.#calls) {
          waiting.sendWindow += this.#initialStreamWindow - INITIAL_WINDOW_BYTES;
          this.#pump(id, waiting);
        }
        return this.#write(frame(TYPE.settings, FLAG.ack, 0, new Uint8Array(0)));
      case TYPE.windowUpdate:
        if (streamId === 0) this.#sendWindow += readUint32(payload, 0);
        else if (call) call.sendWindow += readUint32(payload, 0);
        for (const [id, waiting] of this.#calls) this.#pump(id, waiting);
        return;
      case TYPE.headers:
        for (const [name, value] of this.#decoder.decode(unpadded(received)!)!) {
          call?.headers.set(name, value);
        }
        if (call && (flags & FLAG.endStream) !== 0) this.#answer(streamId, call);
        return;
      case TYPE.data:
        this.#receivedBytes += payload.length;
        if (this.#receivedBytes > WINDOW_BYTES / 2) {
          this.#write(numberFrame(TYPE.windowUpdate, 0, this.#receivedBytes));
          this.#receivedBytes = 0;
        }
        call?.chunks.push(payload);
        return;
      case TYPE.resetStream:
        this.#end(streamId)?.reject(
          new GrpcError(UNAVAILABLE, `stream reset with code ${readUint32(payload, 0)}`),
        );
        return;
      case TYPE.goAway:
        return this.close();
    }
  }

  #answer(id: number, call: Call): void {
    this.#end(id);
    const code = Number(call.headers.get("grpc-status") ?? UNAVAILABLE);
    if (code === 0) call.resolve(Buffer.concat(call.chunks).subarray(5));
    else call.reject(new GrpcError(code, decodeURIComponent(call.headers.get("grpc-message") ?? "")));
  }

  #end(id: number): Call | undefined {
    const call = this.#calls.get(id);
    if (call) clearTimeout(call.timer);
    this.#calls.delete(id);
    return call;
  }

  #pump(id: number, call: Call): void {
    while (call.unsent.length > 0) {
      const length = Math.min(call.unsent.length, call.sendWindow, this.#sendWindow, PAYLOAD_BYTES_MAX);
      if (length <= 0) return;
      call.sendWindow -= length;
      this.#sendWindow -= length;
      const flags = length === call.unsent.length ? FLAG.endStream : 0;
      this.#write(frame(TYPE.data, flags, id, call.unsent.subarray(0, length)));
      call.unsent = call.unsent.subarray(length);
    }
  }

  #write(bytes: Uint8Array): void {
    if (this.#outgoing.length === 0) {
      queueMicrotask(() => {
        const all = Buffer.concat(this.#outgoing);
        this.#outgoing = [];
        if (!this.#closed) this.#socket.write(all);
      });
    }
    this.#outgoing.push(bytes);
  }
}
