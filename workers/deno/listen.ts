// Taking a TCP port or a Unix socket, with the trouble one may have doing so in plain words.

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
  const { host, port, scheme } = address.endpoint;
  if (scheme === "unix") return listenOnSocket(server, address);
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

/** A socket file of a process that is gone must not keep the next one out; etcd removes it too. */
function listenOnSocket(server: net.Server, address: ListenAddress): Promise<Refusal | null> {
  const path = socketPathOf(address.endpoint);
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return Promise.resolve(explain(address, error as Error & { code?: string }));
    }
  }
  return new Promise((resolve) => {
    const onError = (error: Error & { code?: string }) => resolve(explain(address, error));
    server.once("error", onError);
    server.listen({ path }, () => {
      server.off("error", onError);
      resolve(null);
    });
  });
}

/** As in etcd, a unix URL's whole "host:port" is the file's name, in the current directory. */
export function socketPathOf({ host, port }: Pick<Endpoint, "host" | "port">): string {
  return `${host}:${port}`;
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
