// Passing a connection on, byte for byte, to the first endpoint that takes it: how gRPC goes through a proxy that need
// not understand it, and all that a gateway does. (proxy/tcpproxy/userspace.go)

import net from "node:net";
import type { EndpointPool } from "./endpoint_pool.ts";

/** @param client what it has sent already, and not been read, is passed on too. */
export async function relayConnection(
  client: net.Socket,
  pool: EndpointPool,
  dialTimeoutMs: number,
): Promise<void> {
  client.on("error", () => {});
  for (const url of pool.available()) {
    const server = await dial(url, dialTimeoutMs);
    if (client.destroyed) return void server?.destroy();
    if (server === null) {
      pool.failed(url);
      continue;
    }
    // Half of a connection may be closed while the other still speaks; an end passes on as an end.
    client.pipe(server);
    server.pipe(client);
    server.on("error", () => client.destroy());
    server.on("close", () => client.destroy());
    client.on("close", () => server.destroy());
    return;
  }
  client.destroy();
}

/** Null when nobody takes the connection in time. */
function dial(url: string, timeoutMs: number): Promise<net.Socket | null> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port), noDelay: true });
    const end = (result: net.Socket | null) => {
      clearTimeout(timer);
      socket.off("error", fail);
      if (result === null) {
        socket.on("error", () => {});
        socket.destroy();
      }
      resolve(result);
    };
    const fail = () => end(null);
    const timer = setTimeout(fail, timeoutMs);
    socket.once("error", fail);
    socket.once("connect", () => end(socket));
  });
}
