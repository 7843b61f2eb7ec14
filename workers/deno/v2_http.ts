// etcd's v2 keys over HTTP: /v2/keys/…, as far as discovery and its tools need them. GET (recursive, sorted, quorum,
// wait, waitIndex), PUT (value, dir, prevExist, prevValue, prevIndex) and DELETE; no time to live, no POST, no stream.
// (etcdserver/api/v2http/client.go)

import { Buffer } from "node:buffer";
import type http from "node:http";
import { type ClusterId, shortId } from "../../core/base/ids.ts";
import { requestTarget } from "./request_url.ts";
import { V2Error } from "./v2_error.ts";
import type { V2Answer, V2Store } from "./v2_store.ts";

const KEYS_PATH = "/v2/keys";
/** A form larger than etcd's largest request is not read. */
const FORM_BYTES_MAX = 1_572_864;
const DRAINED_BYTES_MAX = 64 * 1024 * 1024;
/** A waiter hears nothing for this long and is let go; its client asks again. (defaultWatchTimeout) */
const WAIT_MS_MAX = 5 * 60_000;

/** True for the paths that `answer` is for. */
export function isV2Path(pathname: string): boolean {
  return pathname === KEYS_PATH || pathname.startsWith(`${KEYS_PATH}/`);
}

export class V2Http {
  readonly #store: V2Store;
  readonly #clusterId: ClusterId;

  constructor(store: V2Store, clusterId: ClusterId) {
    this.#store = store;
    this.#clusterId = clusterId;
  }

  async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.setHeader("X-Etcd-Cluster-Id", shortId(this.#clusterId));
    try {
      const { pathname, query } = requestTarget(request.url);
      const form = new Form(await readBody(request), new URLSearchParams(query));
      const path = decodePath(pathname.slice(KEYS_PATH.length));
      switch (request.method) {
        case "GET":
        case "HEAD":
          if (form.boolean("wait")) return this.#wait(path, form, response);
          form.count("waitIndex");
          return say(response, 200, await this.#store.get(path, readOptions(form)));
        case "PUT": {
          const answer = await this.#store.put({ path, ...readPut(form) });
          const { action, prevNode } = answer.event;
          const isCreated = action === "create" || (action === "set" && prevNode === undefined);
          return say(response, isCreated ? 201 : 200, answer);
        }
        case "DELETE":
          return say(response, 200, await this.#store.delete({ path, ...readDelete(form) }));
        default:
          response.setHeader("Allow", "HEAD,GET,PUT,DELETE");
          response.writeHead(405, { "Content-Type": "text/plain; charset=utf-8" }).end(
            "Method Not Allowed\n",
          );
      }
    } catch (error) {
      // The client left in the middle of its request.
      if (request.destroyed && !request.complete) return;
      if (!(error instanceof V2Error)) throw error;
      refuse(response, error);
    }
  }

  /** The head goes out at once, so that the client knows that somebody listens; the event follows when there is one. */
  #wait(path: string, form: Form, response: http.ServerResponse): void {
    if (form.boolean("stream")) throw new V2Error(209, 'invalid value for "stream"');
    const options = { isRecursive: form.boolean("recursive"), fromIndex: form.count("waitIndex") };
    let isOver = false;
    const end = (body: string) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      stop();
      response.end(body);
    };
    const timer = setTimeout(() => end(""), WAIT_MS_MAX);
    const stop = this.#store.wait(path, options, (event) => {
      if (!(event instanceof V2Error)) end(JSON.stringify(event) + "\n");
      else if (!response.headersSent) {
        clearTimeout(timer);
        isOver = true;
        refuse(response, event);
      } else end(event.json);
    });
    response.on("close", () => end(""));
    // An event of the past, or its loss, is told in the next turn; then the head knows which.
    setTimeout(() => {
      if (isOver || response.headersSent) return;
      response.writeHead(200, headers(this.#store.index));
      response.flushHeaders();
    }, 0);
  }
}

/** The fields of a request: of its body first, then of its URL. */
class Form {
  readonly #body: URLSearchParams;
  readonly #query: URLSearchParams;

  constructor(body: string, query: URLSearchParams) {
    this.#body = new URLSearchParams(body);
    this.#query = query;
  }

  text(name: string): string | null {
    return this.#body.get(name) ?? this.#query.get(name);
  }

  /** Go's strconv.ParseBool; absent is false. @throws V2Error */
  boolean(name: string): boolean {
    const text = this.text(name);
    if (text === null || ["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
    if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
    throw new V2Error(209, `invalid value for ${name === "prevExist" ? name : `"${name}"`}`);
  }

  /** Absent is 0. @throws V2Error */
  count(name: string): number {
    const text = this.text(name) ?? "0";
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw new V2Error(203, `invalid value for "${name}"`);
  }
}

function readOptions(form: Form) {
  return {
    isRecursive: form.boolean("recursive"),
    isSorted: form.boolean("sorted"),
    quorum: form.boolean("quorum"),
  };
}

function readPut(form: Form) {
  for (const name of ["ttl", "refresh"]) {
    if ((form.text(name) ?? "") !== "") throw new V2Error(209, `"${name}" is not served here`);
  }
  if (form.boolean("wait")) throw new V2Error(209, '"wait" can only be used with GET requests');
  return {
    ...readConditions(form),
    value: form.text("value") ?? "",
    isDir: form.boolean("dir"),
    prevExist: form.text("prevExist") === null ? null : form.boolean("prevExist"),
  };
}

function readDelete(form: Form) {
  return { ...readConditions(form), isDir: form.boolean("dir"), isRecursive: form.boolean("recursive") };
}

function readConditions(form: Form) {
  const prevValue = form.text("prevValue");
  if (prevValue === "") throw new V2Error(201, '"prevValue" cannot be empty');
  return { prevValue: prevValue ?? "", prevIndex: form.count("prevIndex") };
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // What is too large is let pass by, so that its sender hears the answer; unless it has no end.
    if (bytes <= FORM_BYTES_MAX) chunks.push(chunk);
    else if (bytes > DRAINED_BYTES_MAX) throw new V2Error(210, "http: request body too large");
  }
  if (bytes > FORM_BYTES_MAX) throw new V2Error(210, "http: request body too large");
  const type = request.headers["content-type"] ?? "";
  return type.startsWith("application/x-www-form-urlencoded") ? Buffer.concat(chunks).toString("utf8") : "";
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    throw new V2Error(210, `invalid URL escape in ${pathname}`);
  }
}

function headers(index: number) {
  return { "Content-Type": "application/json", "X-Etcd-Index": String(index) };
}

function say(response: http.ServerResponse, status: number, { event, index }: V2Answer): void {
  response.writeHead(status, headers(index)).end(JSON.stringify(event) + "\n");
}

function refuse(response: http.ServerResponse, error: V2Error): void {
  response.writeHead(error.httpStatus, headers(error.index)).end(error.json);
}
