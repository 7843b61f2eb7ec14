// etcd's JSON gateway: the v3 API as POST requests with JSON bodies, for those who have no gRPC. One answer is one
// object; a stream's answers are lines of {"result":{…}}, each sent as soon as it is there.
// (github.com/grpc-ecosystem/grpc-gateway v1, as etcd 3.4 is built with it)
//
// In etcd the gateway is a gRPC client of its own server, with a single connection: --max-concurrent-streams holds for
// all gateway requests together, and one that comes when all places are taken waits.

import http from "node:http";
import {
  type EtcdError,
  GRPC_CODE_NUMBER,
  type GrpcCode,
  isEtcdError,
  otherError,
} from "../../core/base/etcd_error.ts";
import type { EtcdCall } from "../../core/etcd/calls.ts";
import { ETCD_METHODS, type EtcdMethod } from "../../core/etcd/services.ts";
import { parseJsonExactly } from "../../core/wire/json_numbers.ts";
import type { OpenCall, WireResponse } from "../../core/wire/rpc.ts";
import { type ApiHost, type Asker, asker } from "./api_host.ts";
import { rpcPathOf } from "./json_routes.ts";
import { JsonValueCutter } from "./json_values.ts";

export interface JsonGatewayOptions {
  readonly host: ApiHost;
  /** --enable-grpc-gateway */
  readonly isServed: boolean;
  /** Requests under way at once; more of them wait. */
  readonly streamCountMax: number;
  /** Largest body taken. Base64 makes a message a third longer than it is. */
  readonly bodyBytesMax: number;
}

/** What a JSON value of a body was read as. */
type JsonRead = { readonly kind: "json"; readonly json: ReturnType<typeof parseJsonExactly> } | EtcdError;

/** grpc-gateway's HTTPStatusFromCode. */
const HTTP_STATUS: Readonly<Record<GrpcCode, number>> = {
  ok: 200,
  cancelled: 408,
  unknown: 500,
  invalidArgument: 400,
  deadlineExceeded: 408,
  notFound: 404,
  alreadyExists: 409,
  permissionDenied: 403,
  resourceExhausted: 503,
  failedPrecondition: 412,
  aborted: 409,
  outOfRange: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  dataLoss: 500,
  unauthenticated: 401,
};

export class JsonGateway {
  readonly #options: JsonGatewayOptions;
  #openCount = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: JsonGatewayOptions) {
    this.#options = options;
  }

  answer(pathname: string, request: http.IncomingMessage, response: http.ServerResponse): void {
    const path = this.#options.isServed ? rpcPathOf(pathname) : null;
    if (path === null || request.method !== "POST") {
      request.resume();
      const [status, text] = path === null
        ? [404, "Not Found\n"] as const
        : [405, "Method Not Allowed\n"] as const;
      response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
      return;
    }
    this.#whenThereIsRoom(response, () => {
      const exchange = { host: this.#options.host, path, request, response };
      const call = this.#options.host.calls.get(path);
      if (call) answerCall(exchange, call, this.#options.bodyBytesMax);
      else answerOnce(exchange, ETCD_METHODS.get(path)!, this.#options.bodyBytesMax);
    });
  }

  #whenThereIsRoom(response: http.ServerResponse, start: () => void): void {
    const enter = () => {
      this.#openCount += 1;
      response.once("close", () => {
        this.#openCount -= 1;
        this.#waiting.shift()?.();
      });
      start();
    };
    if (this.#openCount < this.#options.streamCountMax) return enter();
    this.#waiting.push(enter);
    response.once("close", () => {
      const at = this.#waiting.indexOf(enter);
      if (at >= 0) this.#waiting.splice(at, 1);
    });
  }
}

interface Exchange {
  readonly host: ApiHost;
  readonly path: string;
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
}

/** One value in, one value out. */
function answerOnce(exchange: Exchange, method: EtcdMethod, bodyBytesMax: number): void {
  const { host, path, request, response } = exchange;
  let cancel: (() => void) | null = null;
  const done = (code: GrpcCode) => {
    cancel = null;
    host.onDone(path, code);
  };
  response.on("close", () => {
    if (cancel === null) return;
    cancel();
    done("cancelled");
  });
  readFirstValue(request, bodyBytesMax, (read) => {
    if (isEtcdError(read)) return sendError(response, read);
    const asked = method.readRequestJson(read.json, { unixSeconds: Math.floor(Date.now() / 1000) });
    if (asked.kind === "malformed") return sendError(response, malformed(asked.why));
    const asker = askerOf(request);
    const refusal = isEtcdError(asked.request) ? asked.request : host.refusal(asked.request, asker);
    if (isEtcdError(asked.request) || refusal !== null) {
      done(refusal!.code);
      return sendError(response, refusal!);
    }
    let isAnswered = false;
    const giveUp = host.ask(asked.request, asker, (answer) => {
      isAnswered = true;
      done(isEtcdError(answer) ? answer.code : "ok");
      if (isEtcdError(answer)) sendError(response, answer);
      else sendValue(response, method.writeResponseJson(answer));
    });
    if (!isAnswered) cancel = giveUp;
  });
}

/** A call that lasts. One of the unary kind answers like any other; the answers of streams are wrapped. */
function answerCall(exchange: Exchange, call: EtcdCall, bodyBytesMax: number): void {
  const { host, path, request, response } = exchange;
  let open: OpenCall | null = null;
  const end = (error: EtcdError | null) => {
    if (open !== null) host.onDone(path, error === null ? "ok" : error.code);
    open = null;
    request.resume();
    if (error === null) endAnswer(response);
    else if (call.kind === "unary" || !response.headersSent) sendError(response, error);
    else response.end(streamErrorLine(error));
  };
  const send = (value: WireResponse) => {
    if (call.kind === "unary") return sendValue(response, value.toJson());
    if (!response.headersSent) writeHead(response, 200);
    response.write(`{"result":${JSON.stringify(value.toJson())}}\n`, () => open?.taken(1));
  };
  const opened = host.open(call, { send, end }, askerOf(request));
  if ("kind" in opened) {
    host.onDone(path, opened.code);
    return end(opened);
  }
  open = opened;
  response.on("close", () => {
    if (open === null) return;
    open = null;
    opened.cancel();
    host.onDone(path, "cancelled");
  });
  if (call.kind !== "bidi_streaming") {
    return readFirstValue(request, bodyBytesMax, (read) => {
      if (open === null) return;
      const trouble = isEtcdError(read) ? read : take(opened, read.json);
      if (trouble === null) return opened.halfClose();
      opened.cancel();
      end(trouble);
    });
  }
  readValues(request, bodyBytesMax, {
    onValue: (read, isFirst) => {
      if (open === null) return;
      const trouble = isEtcdError(read) ? read : take(opened, read.json);
      if (trouble === null) return;
      // etcd's gateway answers the first mistake, and takes a later one for the client's last word.
      if (!isFirst) return opened.halfClose();
      opened.cancel();
      end(otherError(trouble.message));
    },
    onEnd: () => opened.halfClose(),
  });
}

function take(call: OpenCall, json: Extract<JsonRead, { kind: "json" }>["json"]): EtcdError | null {
  const trouble = call.takeJson(json);
  return trouble === null ? null : malformed(trouble.why);
}

function malformed(why: string): EtcdError {
  return otherError(why, "invalidArgument");
}

/** etcd's gateway hands the header Authorization on as it is. It never speaks in the name of a certificate. */
function askerOf({ headers }: http.IncomingMessage): Asker {
  const hasLeader = headers["grpc-metadata-hasleader"];
  return asker({
    hasLeader: typeof hasLeader === "string" ? hasLeader : undefined,
    token: headers.authorization,
    commonName: null,
  });
}

// --- Bodies in -------------------------------------------------------------------------------------------------

interface ValueListener {
  onValue(read: JsonRead, isFirst: boolean): void;
  onEnd(): void;
}

/** An empty body stands for an empty object; what follows the first value is not looked at. */
function readFirstValue(
  request: http.IncomingMessage,
  bodyBytesMax: number,
  onRead: (read: JsonRead) => void,
): void {
  let first: JsonRead | null = null;
  readValues(request, bodyBytesMax, {
    onValue: (read) => {
      first ??= read;
    },
    onEnd: () => onRead(first ?? { kind: "json", json: {} }),
  });
}

/** Reads a body value by value, as it comes. The size limit is on what one value may be. */
function readValues(request: http.IncomingMessage, bodyBytesMax: number, listener: ValueListener): void {
  const decoder = new TextDecoder();
  const cutter = new JsonValueCutter();
  let valueCount = 0, pendingBytes = 0;
  let isOver = false;
  const say = (text: string) => listener.onValue(parse(text), valueCount++ === 0);
  request.on("data", (chunk: Uint8Array) => {
    if (isOver) return;
    const values = cutter.push(decoder.decode(chunk, { stream: true }));
    pendingBytes = values.length > 0 ? 0 : pendingBytes + chunk.length;
    values.forEach(say);
    if (pendingBytes <= bodyBytesMax) return;
    isOver = true;
    listener.onValue(
      otherError(
        `grpc: received message larger than max (${pendingBytes} vs. ${bodyBytesMax})`,
        "resourceExhausted",
      ),
      valueCount++ === 0,
    );
    listener.onEnd();
  });
  request.on("end", () => {
    if (isOver) return;
    const rest = cutter.end();
    if (rest !== "") say(rest);
    listener.onEnd();
  });
}

function parse(text: string): JsonRead {
  try {
    return { kind: "json", json: parseJsonExactly(text) };
  } catch (error) {
    return malformed((error as Error).message);
  }
}

// --- Answers out -----------------------------------------------------------------------------------------------

function sendValue(response: http.ServerResponse, json: unknown): void {
  send(response, 200, JSON.stringify(json));
}

function sendError(response: http.ServerResponse, { code, message }: EtcdError): void {
  send(
    response,
    HTTP_STATUS[code],
    JSON.stringify({ error: message, message, code: GRPC_CODE_NUMBER[code] }),
  );
}

/** How a stream ends that has begun. */
function streamErrorLine({ code, message }: EtcdError): string {
  const http_code = HTTP_STATUS[code];
  return JSON.stringify({
    error: {
      grpc_code: GRPC_CODE_NUMBER[code],
      http_code,
      message,
      http_status: http.STATUS_CODES[http_code],
    },
  }) + "\n";
}

function endAnswer(response: http.ServerResponse): void {
  if (response.writableEnded || response.destroyed) return;
  if (!response.headersSent) writeHead(response, 200);
  response.end();
}

function send(response: http.ServerResponse, status: number, body: string): void {
  if (response.headersSent || response.destroyed) return;
  writeHead(response, status);
  response.end(body);
}

function writeHead(response: http.ServerResponse, status: number): void {
  response.writeHead(status, {
    "Content-Type": "application/json",
    ...(status === 200 ? { "Grpc-Metadata-Content-Type": "application/grpc" } : {}),
  });
  // Whoever watches is to see at once that the stream is open, though nothing may happen for hours.
  response.flushHeaders();
}
