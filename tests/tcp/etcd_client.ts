// A gRPC client for the tests: the services of the generated schema over grpc-js, a client not of our making.

import { Buffer } from "node:buffer";
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { DescMethodUnary } from "@bufbuild/protobuf";
import grpc from "@grpc/grpc-js";

/** A refusal by the server: the status a caller of the real client would see. */
export class GrpcError extends Error {
  readonly code: number;
  constructor(code: number, details: string) {
    super(details);
    this.code = code;
  }
}

export class EtcdClient {
  readonly #client: grpc.Client;

  /** @param endpoint "127.0.0.1:2379" */
  constructor(endpoint: string) {
    this.#client = new grpc.Client(endpoint, grpc.credentials.createInsecure(), {
      // A connection of its own, whatever other clients of this process hold.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_send_message_length": 64 * 1024 * 1024,
      // A member that was killed is back within moments; the default waits up to two minutes.
      "grpc.initial_reconnect_backoff_ms": 50,
      "grpc.max_reconnect_backoff_ms": 200,
    });
  }

  /** Calls a method of the schema, for example `KV.method.put`. Rejects with a GrpcError. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs = 10_000,
  ): Promise<MessageShape<O>> {
    const path = `/${method.parent.typeName}/${method.name}`;
    const bytes = Buffer.from(toBinary(method.input, create(method.input, request)));
    return this.raw(path, bytes, timeoutMs).then((answer) => fromBinary(method.output, answer));
  }

  /** Calls whatever path with whatever bytes. */
  raw(path: string, request: Uint8Array, timeoutMs = 10_000): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => bytes,
        request,
        new grpc.Metadata(),
        { deadline: Date.now() + timeoutMs },
        (error, answer) => {
          if (error) reject(new GrpcError(error.code, error.details));
          else resolve(answer!);
        },
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
