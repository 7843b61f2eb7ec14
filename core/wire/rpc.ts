// One remote procedure of etcd's API, as a host needs it: its path, how to read its request from protobuf bytes or
// from JSON, and how to write its response either way. Meaning is none of this file's business; it is given as two
// functions, from a request's message and to a response's.

import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
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
  /** @param json as JSON.parse gives it; 64-bit integers may be decimal strings. Unknown fields are malformed. */
  readRequestJson(json: JsonValue, context: Context): ReadRequest<Request>;
  writeResponse(response: Response): Uint8Array;
  /** With etcd's own field names, zeros left out, 64-bit integers as decimal strings. */
  writeResponseJson(response: Response): JsonValue;
}

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
    readRequestJson: (json, context) => read(() => fromJson(method.input, json), context),
    writeResponse: (response) => toBinary(method.output, create(method.output, toMessage(response))),
    writeResponseJson: (response) =>
      toJson(method.output, create(method.output, toMessage(response)), { useProtoFieldName: true }),
  };
}
