// Where a request to a peer URL goes: to a host and port, or to a socket file.

import http, { type ClientRequest, type RequestOptions } from "node:http";
import https from "node:https";
import { parseUrl } from "../../core/etcd/urls.ts";
import { socketPathOf } from "./listen.ts";
import type { TlsSides } from "./tls_files.ts";

/**
 * Begins a request to a peer URL, over TLS where the URL says so and this member has a certificate for its peers.
 * @param path with its leading slash.
 */
export function requestPeer(
  peerUrl: string,
  path: string,
  options: RequestOptions,
  tls: TlsSides | null,
): ClientRequest {
  const target = { ...options, ...peerTarget(peerUrl, path) };
  if (tls === null || !peerUrl.startsWith("https:")) return http.request(target);
  return https.request({ ...target, ...tls.client });
}

function peerTarget(peerUrl: string, path: string): RequestOptions {
  const endpoint = parseUrl(peerUrl);
  if (!("why" in endpoint) && endpoint.scheme === "unix") return { socketPath: socketPathOf(endpoint), path };
  const { hostname, port } = new URL(peerUrl);
  return { host: hostname.replace(/^\[|\]$/g, ""), port, path };
}
