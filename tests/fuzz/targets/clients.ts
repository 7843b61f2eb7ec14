// What clients send: HTTP/2 frames, header blocks, gRPC messages, JSON bodies.

import { create, type DescMessage, toBinary, toJson } from "@bufbuild/protobuf";
import { EventEmitter } from "node:events";
import type net from "node:net";
import assert from "node:assert/strict";
import { concatBytes, fromHex, fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { ETCD_METHODS } from "../../../core/etcd/services.ts";
import { parseJsonExactly } from "../../../core/wire/json_numbers.ts";
import { Auth, Cluster, KV, Lease, Maintenance, Watch } from "../../../core/wire/gen/rpc_pb.ts";
import { frameOf, timeoutMs } from "../../../workers/deno/grpc_wire.ts";
import { grpcHandler } from "../../../workers/deno/grpc_server.ts";
import {
  FLAG,
  frame,
  numberFrame,
  PREFACE,
  settingsFrame,
  TYPE,
} from "../../../workers/deno/http2/frames.ts";
import { HpackDecoder, hpackEncode } from "../../../workers/deno/http2/hpack.ts";
import { huffmanDecode } from "../../../workers/deno/http2/huffman.ts";
import { ServerConnection } from "../../../workers/deno/http2/server_connection.ts";
import { JsonValueCutter } from "../../../workers/deno/json_values.ts";
import { mutateBytes, type Mutator } from "../mutate_bytes.ts";
import { mutateProto } from "../mutate_proto.ts";
import { mutateJson } from "../mutate_text.ts";
import type { Target } from "../target.ts";
import { cutInPieces } from "./pieces.ts";

const METHODS = [...ETCD_METHODS.values()];
const INPUTS: ReadonlyMap<string, DescMessage> = new Map(
  [KV, Lease, Cluster, Maintenance, Watch, Auth].flatMap((service) =>
    service.methods.map((method) => [`/${service.typeName}/${method.name}`, method.input] as const)
  ),
);
const CONTEXT = { unixSeconds: 1_700_000_000 };

/** A message with something in every field, three levels deep. */
function example(message: DescMessage, depth = 0): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const field of message.fields) {
    const single = field.message
      ? depth < 3 ? example(field.message, depth + 1) : undefined
      : field.enum
      ? 1
      : SAMPLES[field.scalar ?? 9] ?? 1;
    if (single === undefined || field.fieldKind === "map") continue;
    const value = field.fieldKind === "list" ? [single, single] : single;
    if (field.oneof) fields[field.oneof.localName] = { case: field.localName, value };
    else fields[field.localName] = value;
  }
  return fields;
}

/** By protobuf's numbers of scalar types. */
const SAMPLES: Readonly<Record<number, unknown>> = {
  ...{ 3: 5n, 4: 5n, 6: 5n, 16: 5n, 18: 5n },
  ...{ 5: 3, 13: 3, 8: true, 9: "text", 12: utf8("bytes") },
};

/** | which method:1 | message | */
function callSeeds(toBytes: (desc: DescMessage) => Uint8Array): Uint8Array[] {
  return METHODS.flatMap(({ path }, i) => {
    const input = INPUTS.get(path);
    return input === undefined ? [] : [concatBytes([Uint8Array.of(i), toBytes(input)])];
  });
}

const behindFirst = (mutate: Mutator): Mutator => (prng, bytes, others) =>
  concatBytes([bytes.subarray(0, 1), mutate(prng, bytes.subarray(1), others)]);

function methodOf(bytes: Uint8Array) {
  return METHODS[(bytes[0] ?? 0) % METHODS.length]!;
}

/** As much of a socket as a connection uses, with nobody at the other end. */
class DeafSocket extends EventEmitter {
  writableLength = 0;
  isDestroyed = false;
  write(): boolean {
    return true;
  }
  end(): void {}
  resume(): void {}
  destroy(): void {
    this.isDestroyed = true;
  }
}

function connectionSeed(): Uint8Array {
  const head = hpackEncode([
    [":method", "POST"],
    [":path", "/etcdserverpb.KV/Range"],
    ["content-type", "application/grpc"],
    ["grpc-timeout", "5H"],
  ]);
  const body = frameOf(utf8("\n\u0001k"));
  return concatBytes([
    PREFACE,
    settingsFrame([[4, 65_535], [5, 16_384]]),
    frame(TYPE.headers, FLAG.endHeaders, 1, head),
    frame(TYPE.data, 0, 1, body.subarray(0, 3)),
    frame(TYPE.data, FLAG.endStream, 1, body.subarray(3)),
    frame(TYPE.headers, 0, 3, head.subarray(0, 10)),
    frame(TYPE.continuation, FLAG.endHeaders, 3, head.subarray(10)),
    numberFrame(TYPE.windowUpdate, 0, 1_000),
    frame(TYPE.ping, 0, 0, new Uint8Array(8)),
    numberFrame(TYPE.resetStream, 3, 8),
    numberFrame(TYPE.goAway, 0, 3, 0),
  ]);
}

/** Keeps the preface, and changes, swaps, drops and doubles whole frames. */
const mutateFrames: Mutator = (prng, bytes, others) => {
  const rest = bytes.subarray(PREFACE.length);
  const frames: Uint8Array[] = [];
  for (let at = 0; at + 9 <= rest.length;) {
    const end = at + 9 + (rest[at]! << 16 | rest[at + 1]! << 8 | rest[at + 2]!);
    frames.push(rest.subarray(at, end));
    at = end;
  }
  if (frames.length === 0) return mutateBytes(prng, bytes, others);
  for (let change = prng.pick([1, 2, 4]); change > 0; change--) {
    const at = prng.below(frames.length), picked = prng.pick(frames);
    switch (prng.below(4)) {
      case 0:
        frames.splice(at, 1, picked);
        break;
      case 1:
        frames.splice(at, 0, ...Array.from({ length: prng.pick([1, 3, 100]) }, () => picked));
        break;
      case 2: {
        const header = picked.slice();
        if (header.length >= 9) header[prng.pick([3, 4, 8])] = prng.pick([0, 1, 2, 3, 4, 5, 8, 9, 0xff]);
        frames[at] = header;
        break;
      }
      default: {
        const payload = mutateBytes(prng, picked.subarray(9), []).subarray(0, 16_000);
        frames[at] = frame(picked[3] ?? 0, picked[4] ?? 0, picked[8] ?? 0, payload);
      }
    }
  }
  return concatBytes([PREFACE, ...frames]);
};

export const CLIENT_TARGETS: readonly Target[] = [
  {
    name: "grpc_request",
    seeds: () => callSeeds((desc) => toBinary(desc, create(desc, example(desc) as never))),
    mutators: [behindFirst(mutateProto), behindFirst(mutateBytes)],
    run: (bytes) => methodOf(bytes).readRequest(bytes.subarray(1), CONTEXT).kind === "read",
  },
  {
    name: "json_request",
    seeds: () =>
      callSeeds((desc) => utf8(JSON.stringify(toJson(desc, create(desc, example(desc) as never))))),
    mutators: [behindFirst(mutateJson), behindFirst(mutateBytes)],
    run: (bytes) => {
      let json: ReturnType<typeof parseJsonExactly>;
      try {
        json = parseJsonExactly(fromUtf8(bytes.subarray(1)));
      } catch (error) {
        if (error instanceof SyntaxError) return false;
        throw error;
      }
      return methodOf(bytes).readRequestJson(json, CONTEXT).kind === "read";
    },
  },
  {
    name: "json_stream",
    seeds: () => [utf8('{"create_request":{"key":"Zm9v"}} {"a":"}\\"{"}[1,[2]]'), utf8('{"a":"\\\\"}x')],
    mutators: [mutateJson, mutateBytes],
    run: (bytes) => {
      const text = new TextDecoder().decode(bytes);
      const whole = new JsonValueCutter(), cut = new JsonValueCutter();
      const values = [...whole.push(text), whole.end()];
      const pieces: string[] = [];
      for (const piece of cutInPieces(utf8(text))) {
        // Cut between characters: the decoder in front of the cutter sees to that.
        pieces.push(...cut.push(String.fromCharCode(...piece)));
      }
      const last = cut.end();
      if ([...text].every((letter) => letter < "\u0080")) assert.deepEqual([...pieces, last], values);
      return values.length > 1;
    },
  },
  {
    name: "hpack",
    seeds: () => [
      hpackEncode([[":status", "200"], ["grpc-message", "x".repeat(300)]]),
      fromHex("828684418cf1e3c2e5f23a6ba0ab90f4ff"),
    ],
    mutators: [mutateBytes],
    run: (bytes) => {
      huffmanDecode(bytes);
      const decoder = new HpackDecoder();
      const headers = decoder.decode(bytes);
      if (headers === null) return false;
      for (const [, value] of headers) timeoutMs(value);
      return true;
    },
  },
  {
    name: "http2_connection",
    seeds: () => [connectionSeed()],
    mutators: [mutateFrames, mutateBytes],
    run: async (bytes) => {
      const socket = new DeafSocket();
      const answered: string[] = [];
      const handler = grpcHandler({
        methods: new Map(METHODS.map((method) => [method.path, (message, reply) => {
          const read = method.readRequest(message, CONTEXT);
          answered.push(read.kind);
          reply({ kind: "error", code: "internal", message: "no" });
          return null;
        }])),
        messageBytesMax: 1024 * 1024,
      });
      new ServerConnection(socket as unknown as net.Socket, handler, { streamCountMax: 100 });
      for (const piece of cutInPieces(bytes)) socket.emit("data", piece);
      await Promise.resolve();
      // Whoever leaves takes the timers of the calls along.
      socket.emit("close");
      return answered.length > 0;
    },
  },
];
