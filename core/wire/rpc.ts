// One remote procedure of etcd's API, as a host needs it: its path, how to read its requests from protobuf bytes or
// from JSON, and how to write its responses either way. Meaning is none of this file's business: for a unary call it is
// given as two functions, from a request's message and to a response's; for all others as one that opens the call.

import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  fromBinary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import type { EtcdError } from "../base/etcd_error.ts";
import { decodeOrExplain, type Malformed } from "./border.ts";

/** What a request was read as: `Request` is whatever `fromMessage` makes of the message. */
export type ReadRequest<Request> = { readonly kind: "read"; readonly request: Request } | Malformed;

export interface UnaryMethod<Request, Context, Response> {
  /** "/etcdserverpb.KV/Put" */
  readonly path: string;
  /** "etcdserverpb.KV" */
  readonly service: string;
  /** "Put" */
  readonly name: string;
  readRequest(bytes: Uint8Array, context: Context): ReadRequest<Request>;
  /** @param json as `parseJsonExactly` gives it: 64-bit integers may be decimal strings. Unknown fields are ignored. */
  readRequestJson(json: JsonValue, context: Context): ReadRequest<Request>;
  writeResponse(response: Response): Uint8Array;
  /** With etcd's own field names, zeros left out, 64-bit integers as decimal strings. */
  writeResponseJson(response: Response): JsonValue;
}

/** The way etcd's gateway reads JSON. */
const JSON_READ = { ignoreUnknownFields: true } as const;

/**
 * Joins a method of the schema with its meaning.
 * @param fromMessage reads a request's message; `context` is whatever the host knows besides (such as the time).
 * @param toMessage gives the fields of the response's message.
 */
export function unary<In extends DescMessage, Out extends DescMessage, Request, Context, Response>(
  method: DescMethodUnary<In, Out>,
  fromMessage: (message: MessageShape<In>, context: Context) => Request,
  toMessage: (response: Response) => MessageInitShape<Out>,
): UnaryMethod<Request, Context, Response> {
  const read = (decode: () => MessageShape<In>, context: Context): ReadRequest<Request> =>
    decodeOrExplain(() => ({ kind: "read", request: fromMessage(decode(), context) }));
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    service: method.parent.typeName,
    name: method.name,
    readRequest: (bytes, context) => read(() => fromBinary(method.input, bytes), context),
    readRequestJson: (json, context) => read(() => fromJson(method.input, json, JSON_READ), context),
    writeResponse: (response) => toBinary(method.output, create(method.output, toMessage(response))),
    writeResponseJson: (response) =>
      toJson(method.output, create(method.output, toMessage(response)), { useProtoFieldName: true }),
  };
}

/** A response on its way out, written when the host knows in which form. */
export interface WireResponse {
  toBytes(): Uint8Array;
  /** As `UnaryMethod.writeResponseJson`. */
  toJson(): JsonValue;
}

/** Where a call's responses go. */
export interface CallSink {
  send(response: WireResponse): void;
  /** The last word, said once: null when all went well. */
  end(error: EtcdError | null): void;
}

/** A call under way, as its host drives it. After `end`, or `cancel`, nothing has an effect any more. */
export interface OpenCall {
  /** Another message of the client's. Malformed: the host ends the call, and says so by `cancel`. */
  take(bytes: Uint8Array): Malformed | null;
  takeJson(json: JsonValue): Malformed | null;
  /** The client will say no more; it still listens. */
  halfClose(): void;
  /** The client is gone. Nothing is sent any more. */
  cancel(): void;
  /** `count` responses have left the host's hands. Owed for each: a call stops sending while too many are untaken. */
  taken(count: number): void;
}

/** What a call's meaning does with what its client says. */
export interface CallMeaning<Message> {
  take(message: Message): void;
  halfClose(): void;
  cancel(): void;
  taken(count: number): void;
}

/** How a call's meaning answers. */
export interface Reply<Fields> {
  send(fields: Fields): void;
  end(error: EtcdError | null): void;
}

/** A method whose calls last: streams, and unary calls that wait for something to happen. */
export interface CallMethod<Context> {
  readonly path: string;
  readonly service: string;
  readonly name: string;
  /** How many messages go each way; a gateway wraps the responses of streams only. */
  readonly kind: "unary" | "server_streaming" | "client_streaming" | "bidi_streaming";
  open(context: Context, sink: CallSink): OpenCall;
}

/** Joins a method of the schema with its meaning, whatever its kind. */
export function call<In extends DescMessage, Out extends DescMessage, Context>(
  method: DescMethod & { readonly input: In; readonly output: Out },
  open: (context: Context, reply: Reply<MessageInitShape<Out>>) => CallMeaning<MessageShape<In>>,
): CallMethod<Context> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    service: method.parent.typeName,
    name: method.name,
    kind: method.methodKind,
    open: (context, sink) => openCall(method, (reply) => open(context, reply), sink),
  };
}

function openCall<In extends DescMessage, Out extends DescMessage>(
  { input, output }: { readonly input: In; readonly output: Out },
  open: (reply: Reply<MessageInitShape<Out>>) => CallMeaning<MessageShape<In>>,
  sink: CallSink,
): OpenCall {
  let isOver = false;
  const meaning = open({
    send: (fields) => {
      if (!isOver) sink.send(wireResponse(output, fields));
    },
    end: (error) => {
      if (isOver) return;
      isOver = true;
      sink.end(error);
    },
  });
  const take = (decode: () => MessageShape<In>): Malformed | null => {
    if (isOver) return null;
    const read = decodeOrExplain(() => ({ kind: "read" as const, message: decode() }));
    if (read.kind === "malformed") return read;
    meaning.take(read.message);
    return null;
  };
  return {
    take: (bytes) => take(() => fromBinary(input, bytes)),
    takeJson: (json) => take(() => fromJson(input, json, JSON_READ)),
    halfClose: () => {
      if (!isOver) meaning.halfClose();
    },
    cancel: () => {
      if (isOver) return;
      isOver = true;
      meaning.cancel();
    },
    taken: (count) => {
      if (!isOver) meaning.taken(count);
    },
  };
}

function wireResponse<Out extends DescMessage>(output: Out, fields: MessageInitShape<Out>): WireResponse {
  return {
    toBytes: () => toBinary(output, create(output, fields)),
    toJson: () => toJson(output, create(output, fields), { useProtoFieldName: true }),
  };
}
