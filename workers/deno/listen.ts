// Taking a TCP port, with the trouble one may have doing so in plain words.

import type net from "node:net";
import { type Refusal, refusal } from "./refusal.ts";

export interface ListenAddress {
  /** As it was given, for people to recognise: "http://127.0.0.1:2379". */
  readonly url: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The flag that named it. */
  readonly flag: string;
}

/**
 * An address to listen on. A name is left to the system to resolve; "localhost" becomes 127.0.0.1, since that is where
 * etcd's tools look first and where a system without IPv6 can listen.
 * @param url an http URL that the flag parser has accepted.
 */
export function listenAddress(url: string, flag: string): ListenAddress {
  const parsed = new URL(url);
  const name = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  // A URL never shows the port that its scheme implies.
  const port = parsed.port === "" ? (parsed.protocol === "https:" ? 443 : 80) : Number(parsed.port);
  return { url, flag, host: name === "localhost" ? "127.0.0.1" : name, port };
}

/** Null when the server listens. */
export function listenOn(server: net.Server, address: ListenAddress): Promise<Refusal | null> {
  return new Promise((resolve) => {
    const onError = (error: Error & { code?: string }) => resolve(explain(address, error));
    server.once("error", onError);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off("error", onError);
      resolve(null);
    });
  });
}

export function closeServer(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function explain({ url, flag }: ListenAddress, error: Error & { code?: string }): Refusal {
  switch (error.code) {
    case "EADDRINUSE":
      return refusal(
        `cannot listen on ${url} (${flag}): the port is taken`,
        "stop the process that has it, or give this member another port",
      );
    case "EACCES":
      return refusal(
        `cannot listen on ${url} (${flag}): this user may not use that port`,
        "choose a port above 1023, or run with the rights it needs",
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return refusal(
        `cannot listen on ${url} (${flag}): this machine has no such address`,
        "use an address of this machine, or 0.0.0.0 for all of them",
      );
    default:
      return refusal(`cannot listen on ${url} (${flag}): ${error.message}`, "choose another address");
  }
}
