// The addresses a visitor types. They come from outside, so they are limited in number and length, and only what could
// be a client URL is taken: http or https, a host, a port. Nothing is asked before the visitor presses Connect.

/** A cluster has at most this many members on the page. */
export const ENDPOINT_COUNT_MAX = 9;
/** Longest text that is taken for the list of endpoints. */
export const ENDPOINTS_LENGTH_MAX = 1_000;

/** An origin such as "http://127.0.0.1:2379", without a slash at its end. */
export type Endpoint = string;

export type EndpointTrouble =
  | { readonly kind: "none" }
  | { readonly kind: "tooMany"; readonly max: number }
  | { readonly kind: "notUrl"; readonly text: string }
  | { readonly kind: "scheme"; readonly text: string }
  | { readonly kind: "secret"; readonly text: string }
  | { readonly kind: "path"; readonly text: string };

/**
 * Client URLs separated by commas, blanks or lines, as `--endpoints` takes them: "127.0.0.1:2379" means http. Each is
 * taken once.
 */
export function readEndpoints(text: string): readonly Endpoint[] | EndpointTrouble {
  const words = text.slice(0, ENDPOINTS_LENGTH_MAX).split(/[\s,，、;]+/).filter((word) => word !== "");
  const endpoints: Endpoint[] = [];
  for (const word of words) {
    const read = readEndpoint(word);
    if (typeof read !== "string") return read;
    if (!endpoints.includes(read)) endpoints.push(read);
  }
  if (endpoints.length === 0) return { kind: "none" };
  return endpoints.length > ENDPOINT_COUNT_MAX ? { kind: "tooMany", max: ENDPOINT_COUNT_MAX } : endpoints;
}

/** One client URL. */
export function readEndpoint(text: string): Endpoint | EndpointTrouble {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") return { kind: "scheme", text };
  let url: URL;
  try {
    url = new URL(scheme === undefined ? `http://${text}` : text);
  } catch {
    return { kind: "notUrl", text };
  }
  if (url.username !== "" || url.password !== "") return { kind: "secret", text: url.host };
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") return { kind: "path", text };
  return url.origin;
}

/**
 * Whether a member's own client URL lies on a machine that the visitor named. Others are shown and not asked: what a
 * cluster says must not make this page knock at machines that nobody mentioned.
 */
export function isNamedHost(url: Endpoint, named: readonly Endpoint[]): boolean {
  const host = machineOf(url);
  return named.some((one) => machineOf(one) === host);
}

/** All names of this very machine count as one. */
function machineOf(endpoint: Endpoint): string {
  const { hostname } = new URL(endpoint);
  return isLoopback(hostname) ? "localhost" : hostname;
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** "127.0.0.1:2379", as it stands beside a member. */
export function hostOf(endpoint: Endpoint): string {
  return endpoint.replace(/^https?:\/\//, "");
}

/** A page that came over https may not ask over http, unless its own machine. (W3C Mixed Content, §5.3) */
export function isMixedContent(endpoint: Endpoint, pageProtocol: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return pageProtocol === "https:" && protocol === "http:" && !isLoopback(hostname);
}
