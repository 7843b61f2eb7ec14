// The URLs of etcd's flags: scheme, host and port, nothing behind them. They are kept as they were written, because
// ids are hashes of that text. (etcd: pkg/types.NewURLs, embed.checkBindURLs)

export type UrlScheme = "http" | "https" | "unix" | "unixs";

export interface Endpoint {
  /** As written, without blanks around it. */
  readonly url: string;
  readonly scheme: UrlScheme;
  /** Without the brackets of an IPv6 address; empty means every address. */
  readonly host: string;
  /** 0 to 65535; 0 asks for any free port. */
  readonly port: number;
}

const URL_PATTERN = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i;
const HOST_PORT_PATTERN = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]@]*)):(\d+)$/i;
const SCHEMES: readonly string[] = ["http", "https", "unix", "unixs"] satisfies UrlScheme[];

/** One URL, or what is wrong with it, in etcd's words where etcd has words. */
export function parseUrl(text: string): Endpoint | { readonly why: string } {
  const url = text.trim();
  const [, scheme = "", authority = "", rest = ""] = URL_PATTERN.exec(url) ?? [];
  if (!SCHEMES.includes(scheme)) return { why: `URL scheme must be http, https, unix, or unixs: ${url}` };
  const parts = HOST_PORT_PATTERN.exec(authority);
  const port = Number(parts?.[3]);
  if (parts === null) return { why: `URL address does not have the form "host:port": ${url}` };
  if (port > 65_535) return { why: `port ${port} is beyond 65535: ${url}` };
  if (rest !== "") return { why: `URL must not contain a path: ${url}` };
  return { url, scheme: scheme as UrlScheme, host: parts[1] ?? parts[2] ?? "", port };
}

/** A comma-separated list, sorted and without repetitions; the first fault wins. */
export function parseUrls(text: string): readonly Endpoint[] | { readonly why: string } {
  const found = new Map<string, Endpoint>();
  for (const part of text.split(",")) {
    const endpoint = parseUrl(part);
    if ("why" in endpoint) return endpoint;
    found.set(endpoint.url, endpoint);
  }
  return [...found.keys()].sort().map((url) => found.get(url)!);
}

/** True for hosts that can be listened on: an address, `localhost`, or nothing for every address. */
export function isBindable({ scheme, host }: Endpoint): boolean {
  if (scheme === "unix" || scheme === "unixs" || host === "localhost" || host.includes(":")) return true;
  const bytes = host.split(".");
  return bytes.length === 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) <= 255);
}
