// What a request asks for, taken apart without trust: "GET // HTTP/1.1" is no URL, and must end no process.

export interface RequestTarget {
  /** Begins with a slash; not decoded. */
  readonly pathname: string;
  /** Behind the question mark; may be empty. */
  readonly query: string;
}

/** @param url as node:http gives it: a path mostly, the whole URL from a client that takes this for its proxy. */
export function requestTarget(url: string | undefined): RequestTarget {
  const path = (url ?? "/").replace(/^https?:\/\/[^/?#]*/i, "").replace(/#.*$/s, "");
  const at = path.indexOf("?");
  const pathname = at < 0 ? path : path.slice(0, at);
  return {
    pathname: pathname.startsWith("/") ? pathname : `/${pathname}`,
    query: at < 0 ? "" : path.slice(at + 1),
  };
}
