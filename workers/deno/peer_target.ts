// Where a request to a peer URL goes: to a host and port, or to a socket file.

import type { RequestOptions } from "node:http";
import { parseUrl } from "../../core/etcd/urls.ts";
import { socketPathOf } from "./listen.ts";

/** Options for node:http. @param path with its leading slash. */
export function peerTarget(peerUrl: string, path: string): RequestOptions {
  const endpoint = parseUrl(peerUrl);
  if (!("why" in endpoint) && endpoint.scheme === "unix") return { socketPath: socketPathOf(endpoint), path };
  const { hostname, port } = new URL(peerUrl);
  return { host: hostname.replace(/^\[|\]$/g, ""), port, path };
}
