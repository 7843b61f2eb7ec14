// A gRPC call that lasts: messages of any number either way until one side has enough. The call itself lives in
// core/etcd/calls.ts; here its messages are cut out of the stream's bytes and its responses are put into them, as fast
// as the client takes them and no faster.

import { Buffer } from "node:buffer";
import { type EtcdError, type GrpcCode, otherError } from "../../core/base/etcd_error.ts";
import type { CallSink, OpenCall, WireResponse } from "../../core/wire/rpc.ts";
import type { CallParts } from "./grpc_server.ts";
import {
  ANSWER_HEADERS,
  ANSWER_TRAILERS,
  COMPRESSED_FLAG,
  errorTrailers,
  FRAME_HEADER_BYTES,
  frameMessageBytes,
  frameOf,
  refuse,
  timeoutMs,
} from "./grpc_wire.ts";
import type { StreamListener } from "./http2/server_connection.ts";

export interface StreamMethod {
  /** Whether the client sends any number of messages; else it must send exactly one. */
  readonly takesMany: boolean;
  /** Opens the call, or says why not. */
  open(sink: CallSink, metadata: ReadonlyMap<string, string>): OpenCall | EtcdError;
}

export class GrpcStream implements StreamListener {
  readonly #parts: CallParts;
  readonly #takesMany: boolean;
  readonly #encoding: string;
  readonly #timer: ReturnType<typeof setTimeout> | null = null;
  #call: OpenCall | null = null;
  /** Received and not cut into messages yet. */
  #chunks: Uint8Array[] = [];
  #receivedBytes = 0;
  #messageCount = 0;
  #answering = false;
  #isOver = false;

  constructor(parts: CallParts, method: StreamMethod) {
    this.#parts = parts;
    this.#takesMany = method.takesMany;
    this.#encoding = parts.headers.get("grpc-encoding") ?? "";
    const opened = method.open({
      send: (response) => this.#send(response),
      end: (error) => this.#end(error),
    }, parts.headers);
    if ("kind" in opened) {
      this.#end(opened);
      return;
    }
    this.#call = opened;
    const deadlineMs = timeoutMs(parts.headers.get("grpc-timeout"));
    if (deadlineMs === null) return;
    this.#timer = setTimeout(
      () => this.#breakOff("deadlineExceeded", "context deadline exceeded"),
      deadlineMs,
    );
  }

  onData(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#chunks.push(bytes);
    this.#receivedBytes += bytes.length;
    while (!this.#isOver && this.#receivedBytes >= FRAME_HEADER_BYTES) {
      const messageBytes = frameMessageBytes(this.#chunks);
      const { messageBytesMax } = this.#parts;
      if (messageBytes > messageBytesMax) {
        return this.#breakOff(
          "resourceExhausted",
          `grpc: received message larger than max (${messageBytes} vs. ${messageBytesMax})`,
        );
      }
      if (this.#receivedBytes < FRAME_HEADER_BYTES + messageBytes) return;
      this.#take(this.#cut(FRAME_HEADER_BYTES + messageBytes));
    }
  }

  onEnd(): void {
    if (this.#isOver) return;
    if (this.#receivedBytes > 0 || (!this.#takesMany && this.#messageCount === 0)) {
      return this.#breakOff("internal", "grpc: request ended before its message did");
    }
    this.#call!.halfClose();
  }

  onAborted(): void {
    if (this.#isOver) return;
    this.#finish("cancelled");
    this.#call!.cancel();
  }

  /** The first `frameBytes` of what has been received. */
  #cut(frameBytes: number): Uint8Array {
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = all.length === frameBytes ? [] : [all.subarray(frameBytes)];
    this.#receivedBytes -= frameBytes;
    return all.subarray(0, frameBytes);
  }

  #take(frame: Uint8Array): void {
    if (frame[0] === COMPRESSED_FLAG) {
      return this.#breakOff(
        "unimplemented",
        `grpc: Decompressor is not installed for grpc-encoding "${this.#encoding}"`,
      );
    }
    this.#messageCount += 1;
    if (!this.#takesMany && this.#messageCount > 1) {
      return this.#breakOff("internal", "grpc: more than one message in a unary request");
    }
    const malformed = this.#call!.take(frame.subarray(FRAME_HEADER_BYTES));
    if (malformed) {
      this.#breakOff("internal", `grpc: error unmarshalling request: ${malformed.why}`);
    }
  }

  #send(response: WireResponse): void {
    const { stream } = this.#parts;
    this.#beginAnswer();
    stream.sendData(frameOf(response.toBytes()), () => this.#call?.taken(1));
  }

  #beginAnswer(): void {
    if (!this.#answering) this.#parts.stream.sendHeaders(ANSWER_HEADERS, false);
    this.#answering = true;
  }

  /** Ends the call from this side. */
  #breakOff(code: GrpcCode, message: string): void {
    if (this.#isOver) return;
    this.#call?.cancel();
    this.#end(otherError(message, code));
  }

  #end(error: EtcdError | null): void {
    if (this.#isOver) return;
    this.#finish(error === null ? "ok" : error.code);
    const { stream } = this.#parts;
    if (error !== null && !this.#answering) return refuse(stream, error.code, error.message);
    this.#beginAnswer();
    stream.sendTrailers(error === null ? ANSWER_TRAILERS : errorTrailers(error));
  }

  #finish(code: GrpcCode): void {
    this.#isOver = true;
    this.#chunks = [];
    this.#receivedBytes = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#parts.onDone(code);
  }
}
