// The few requests of etcd's v2 API that bootstrapping needs, asked of a discovery service: real etcd, one of our own
// members, or a public service in front of either. (go.etcd.io/etcd/client: KeysAPI)

/** A key as the service tells it. */
export interface RemoteNode {
  readonly key: string;
  readonly value: string;
  readonly createdIndex: number;
}

export type V2Reply =
  | {
    readonly kind: "node";
    readonly node: RemoteNode;
    readonly nodes: readonly RemoteNode[];
    readonly index: number;
  }
  /** The service answered with one of etcd's errors. */
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  /** It answered with something that no v2 service says. */
  | { readonly kind: "nonsense"; readonly why: string }
  /** A wait came to its end without news. */
  | { readonly kind: "quiet" }
  /** It cannot be reached, is too slow, or in trouble itself. */
  | { readonly kind: "down"; readonly why: string };

/** (client.DefaultRequestTimeout) */
const ANSWER_MS_MAX = 5_000;
/** A service may keep a waiting request open this long before it is asked again. */
const WAIT_MS_MAX = 6 * 60_000;
/** What a service says that lets go of a long wait: an empty answer. */
const NO_NEWS = "an empty answer";
const BODY_BYTES_MAX = 4 * 1024 * 1024;

export class V2Client {
  readonly #base: string;
  readonly #http: Deno.HttpClient | null;

  /**
   * @param base the URL in front of a key, without a slash at its end: the service's URL and the token.
   * @param proxyUrl an HTTP proxy on the way; "" for none.
   */
  constructor(base: string, proxyUrl: string) {
    this.#base = base.replace(/\/+$/, "");
    const url = proxyUrl === "" || /^https?:\/\//.test(proxyUrl) ? proxyUrl : `http://${proxyUrl}`;
    this.#http = url === "" ? null : Deno.createHttpClient({ proxy: { url } });
  }

  get(path: string): Promise<V2Reply> {
    return this.#ask(path, {}, ANSWER_MS_MAX);
  }

  /** Makes a key that must not exist. */
  create(path: string, value: string): Promise<V2Reply> {
    const body = new URLSearchParams({ value });
    return this.#ask(`${path}?prevExist=false`, { method: "PUT", body }, ANSWER_MS_MAX);
  }

  /** The first change below the path from `fromIndex` on. */
  async next(path: string, fromIndex: number): Promise<V2Reply> {
    const reply = await this.#ask(`${path}?wait=true&recursive=true&waitIndex=${fromIndex}`, {}, WAIT_MS_MAX);
    return reply.kind === "down" && reply.why === NO_NEWS ? { kind: "quiet" } : reply;
  }

  close(): void {
    this.#http?.close();
  }

  async #ask(path: string, init: RequestInit, timeoutMs: number): Promise<V2Reply> {
    try {
      const response = await fetch(this.#base + path, {
        ...init,
        ...(this.#http === null ? {} : { client: this.#http }),
        signal: AbortSignal.timeout(timeoutMs),
      } as RequestInit);
      return readReply(response.status, await readText(response), response.headers.get("x-etcd-index"));
    } catch (error) {
      const isSlow = error instanceof DOMException && error.name === "TimeoutError";
      return { kind: "down", why: isSlow ? `no answer within ${timeoutMs} ms` : causeOf(error) };
    }
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > BODY_BYTES_MAX) throw new Error("its answer has no end");
  }
  return text;
}

function readReply(status: number, body: string, indexHeader: string | null): V2Reply {
  const parsed = parseJson(body);
  const { errorCode, message, node } = (parsed ?? {}) as Record<string, unknown>;
  if (typeof errorCode === "number") {
    // Its cluster has no leader just now; that passes.
    if (errorCode >= 300 && errorCode < 400) return { kind: "down", why: String(message ?? errorCode) };
    return { kind: "error", code: errorCode, message: String(message ?? "") };
  }
  if (status >= 500) return { kind: "down", why: `status ${status}` };
  if (status === 200 && body === "") return { kind: "down", why: NO_NEWS };
  if (parsed === null) return { kind: "nonsense", why: `status ${status}, and no JSON` };
  const read = readNode(node);
  const children = Array.isArray((node as { nodes?: unknown } | undefined)?.nodes)
    ? (node as { nodes: unknown[] }).nodes.map(readNode)
    : [];
  if (read === null || children.includes(null)) return { kind: "nonsense", why: "an answer without a node" };
  const nodes = children.filter((child) => child !== null);
  return { kind: "node", node: read, nodes, index: Number(indexHeader ?? 0) || 0 };
}

function readNode(value: unknown): RemoteNode | null {
  if (typeof value !== "object" || value === null) return null;
  const { key, value: text, createdIndex } = value as Record<string, unknown>;
  if (key !== undefined && typeof key !== "string") return null;
  return {
    key: key ?? "/",
    value: typeof text === "string" ? text : "",
    createdIndex: typeof createdIndex === "number" ? createdIndex : 0,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** fetch wraps what went wrong; the innermost line is the one that helps. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
