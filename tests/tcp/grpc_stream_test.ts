// gRPC's lasting calls as strange and slow clients meet them. Well-behaved ones are etcdctl's part (watch_test.ts and its
// neighbours).

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import net from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { utf8 } from "../../core/base/bytes.ts";
import {
  KV,
  WatchRequestSchema,
  type WatchResponse,
  WatchResponseSchema,
} from "../../core/wire/gen/rpc_pb.ts";
import {
  FLAG,
  frame,
  FrameCutter,
  INITIAL_WINDOW_BYTES,
  numberFrame,
  PREFACE,
  settingsFrame,
  TYPE,
} from "../../workers/deno/http2/frames.ts";
import { hpackEncode } from "../../workers/deno/http2/hpack.ts";
import type { GrpcError } from "./grpc_client.ts";
import { freePorts, MemberProcess, withClient, withCluster } from "./member_process.ts";

const DEADLINE_EXCEEDED = 4, RESOURCE_EXHAUSTED = 8, UNIMPLEMENTED = 12, INTERNAL = 13, UNAVAILABLE = 14;
/** Reached only when something is broken. */
const PATIENCE_MS = 15_000;
const WATCH_PATH = "/etcdserverpb.Watch/Watch";
const LOCK_PATH = "/v3lockpb.Lock/Lock";

const watchAll = toBinary(
  WatchRequestSchema,
  create(WatchRequestSchema, {
    requestUnion: { case: "createRequest", value: { key: utf8("\0"), rangeEnd: utf8("\0") } },
  }),
);

Deno.test("a watcher that stops reading is waited for, holds nothing up, and misses nothing", async () => {
  await withCluster(freePorts(1), {}, async ({ endpoints: [endpoint] }) => {
    const watcher = new SlowWatcher(endpoint!);
    await watcher.until(() => watcher.responses.length === 1);

    // Sixty times as much as its windows let through, while it grants nothing.
    const value = new Uint8Array(20_000).fill(1);
    await withClient(endpoint!, async (client) => {
      for (let i = 0; i < 200; i++) await client.call(KV.method.put, { key: utf8(`k${i}`), value });
    });
    await watcher.until(() => watcher.receivedBytes === INITIAL_WINDOW_BYTES);
    watcher.read();
    await watcher.until(() => watcher.eventRevisions().length === 200);

    assert.deepEqual(watcher.eventRevisions(), Array.from({ length: 200 }, (_, i) => i + 2));
    watcher.close();
  });
});

Deno.test("nonsense, silence and too much end a call with gRPC's codes", async () => {
  const extra = ["--max-concurrent-streams", "2"];
  await withCluster(freePorts(1), { extra }, async ({ endpoints: [endpoint] }) => {
    await withClient(endpoint!, async (client) => {
      const lock = (message: Uint8Array, headers: [string, string][] = []) =>
        client.raw(LOCK_PATH, message, { headers });
      const rows: [ask: () => Promise<unknown>, code: number, text: RegExp][] = [
        [() => client.raw(WATCH_PATH, Uint8Array.of(0xff)), INTERNAL, /^grpc: error unmarshalling request/],
        [
          () => lock(new Uint8Array(3_000_000)),
          RESOURCE_EXHAUSTED,
          /^grpc: received message larger than max/,
        ],
        [
          () => client.raw("/v3lockpb.Lock/Look", watchAll),
          UNIMPLEMENTED,
          /^unknown method Look for service/,
        ],
        [
          () => client.raw(WATCH_PATH, watchAll, { headers: [["grpc-timeout", "50m"]] }),
          DEADLINE_EXCEEDED,
          /^context deadline exceeded$/,
        ],
      ];
      for (const [ask, code, text] of rows) {
        await assert.rejects(ask(), (error: GrpcError) => error.code === code && text.test(error.message));
      }

      // Two streams take all places; the third is turned away and may be tried again.
      const watches = [1, 2].map(() => client.raw(WATCH_PATH, watchAll, { timeoutMs: 300 }).catch(() => {}));
      await assert.rejects(
        client.call(KV.method.range, { key: utf8("k") }),
        (error: GrpcError) => error.message === "stream reset with code 7",
      );
      await Promise.all(watches);
      await client.call(KV.method.range, { key: utf8("k") });
    });
  });
});

Deno.test("who insists on a leader hears at once that there is none", async () => {
  const root = Deno.makeTempDirSync({ prefix: "flotilla-leaderless-" });
  const [[clientPort, peerPort], [, absentPort]] = freePorts(2) as [[number, number], [number, number]];
  const member = MemberProcess.start({
    name: "infra1",
    clientPort,
    peerPort,
    dataDir: `${root}/infra1`,
    initialCluster: `infra1=http://127.0.0.1:${peerPort},infra2=http://127.0.0.1:${absentPort}`,
    token: "t",
    state: "new",
  });
  try {
    await member.printed(/serving insecure client requests/);
    await withClient(`127.0.0.1:${clientPort}`, async (client) => {
      const range = Uint8Array.of(0x0a, 1, 0x61);
      for (const [path, message] of [["/etcdserverpb.KV/Range", range], [WATCH_PATH, watchAll]] as const) {
        await assert.rejects(
          client.raw(path, message, { headers: [["hasleader", "true"]] }),
          (error: GrpcError) => error.code === UNAVAILABLE && error.message === "etcdserver: no leader",
        );
      }
    });
  } finally {
    await member.kill();
    Deno.removeSync(root, { recursive: true });
  }
});

/** A watch of everything that grants its server no more than HTTP/2's first windows, until it is told to read. */
class SlowWatcher {
  readonly responses: WatchResponse[] = [];
  receivedBytes = 0;
  readonly #socket: net.Socket;
  readonly #cutter = new FrameCutter();
  #unread = Buffer.alloc(0);
  #isReading = false;
  #onData: () => void = () => {};

  constructor(endpoint: string) {
    const [host, port] = endpoint.split(":");
    this.#socket = net.connect({ host: host!, port: Number(port) });
    this.#socket.on("data", (chunk: Uint8Array) => {
      for (const { type, payload } of this.#cutter.take(chunk)!) {
        if (type === TYPE.data) this.#take(payload);
      }
      this.#onData();
    });
    this.#socket.write(PREFACE);
    this.#socket.write(settingsFrame([]));
    this.#socket.write(frame(
      TYPE.headers,
      FLAG.endHeaders,
      1,
      hpackEncode([
        [":method", "POST"],
        [":scheme", "http"],
        [":path", WATCH_PATH],
        [":authority", endpoint],
        ["content-type", "application/grpc"],
        ["te", "trailers"],
      ]),
    ));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(watchAll.length, 1);
    this.#socket.write(frame(TYPE.data, 0, 1, Buffer.concat([head, watchAll])));
  }

  /** From now on every byte that has come, and that comes, is granted anew. */
  read(): void {
    this.#isReading = true;
    this.#grant(this.receivedBytes);
  }

  eventRevisions(): number[] {
    return this.responses.flatMap(({ events }) => events.map(({ kv }) => Number(kv!.modRevision)));
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${this.receivedBytes} bytes came`)), PATIENCE_MS);
        this.#onData = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(payload: Uint8Array): void {
    this.receivedBytes += payload.length;
    if (this.#isReading) this.#grant(payload.length);
    this.#unread = Buffer.concat([this.#unread, payload]);
    while (this.#unread.length >= 5 && this.#unread.length >= 5 + this.#unread.readUInt32BE(1)) {
      const end = 5 + this.#unread.readUInt32BE(1);
      this.responses.push(fromBinary(WatchResponseSchema, this.#unread.subarray(5, end)));
      this.#unread = this.#unread.subarray(end);
    }
  }

  #grant(bytes: number): void {
    this.#socket.write(numberFrame(TYPE.windowUpdate, 0, bytes));
    this.#socket.write(numberFrame(TYPE.windowUpdate, 1, bytes));
  }
}
