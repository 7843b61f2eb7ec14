// Taking a TCP port, with the trouble one may have doing so in plain words.

import type net from "node:net";
import type { Endpoint } from "../../core/etcd/urls.ts";
import { type Refusal, refusal } from "./refusal.ts";

export interface ListenAddress {
  readonly endpoint: Endpoint;
  /** The flag that named it. */
  readonly flag: string;
}

/** Null when the server listens. */
export function listenOn(server: net.Server, address: ListenAddress): Promise<Refusal | null> {
  const { host, port } = address.endpoint;
  // "localhost" means 127.0.0.1: that is where etcd's tools look first, and a machine may lack IPv6.
  const at = host === "localhost" ? "127.0.0.1" : host;
  return new Promise((resolve) => {
    const onError = (error: Error & { code?: string }) => resolve(explain(address, error));
    server.once("error", onError);
    server.listen({ port, ...(at === "" ? {} : { host: at }) }, () => {
      server.off("error", onError);
      resolve(null);
    });
  });
}

export function closeServer(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function explain({ endpoint, flag }: ListenAddress, error: Error & { code?: string }): Refusal {
  const at = `cannot listen on ${endpoint.url} (--${flag})`;
  switch (error.code) {
    case "EADDRINUSE":
      return refusal(
        `${at}: the port is taken`,
        "stop the process that has it, or give this member another port",
      );
    case "EACCES":
      return refusal(
        `${at}: this user may not use that port`,
        "choose a port above 1023, or run with the rights it needs",
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return refusal(
        `${at}: this machine has no such address`,
        "use an address of this machine, or 0.0.0.0 for all of them",
      );
    default:
      return refusal(`${at}: ${error.message}`, "choose another address");
  }
}
