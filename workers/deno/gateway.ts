// `etcd gateway start`: a TCP door to a cluster. Connections go on, byte for byte, to an endpoint that takes them, in
// turn; one that does not rests for a while. (etcdmain/gateway.go, proxy/tcpproxy)

import net from "node:net";
import { parseUrl } from "../../core/etcd/urls.ts";
import { EndpointPool } from "./endpoint_pool.ts";
import { listenOn } from "./listen.ts";
import { Log, writeLine } from "./log.ts";
import { signalled } from "./signals.ts";
import { parseSubcommand, readEndpoints } from "./subcommand.ts";
import { notifySystemd } from "./systemd_notify.ts";
import { relayConnection } from "./tcp_relay.ts";

const DIAL_MS_MAX = 2_000;
const RETRY_MS = 60_000;

/** The exit status. */
export async function runGateway(args: readonly string[]): Promise<number> {
  const command = parseSubcommand("gateway", args, [
    { name: "listen-addr", default: "127.0.0.1:23790", help: "Where to listen for clients." },
    { name: "endpoints", default: "127.0.0.1:2379", help: "Members to pass on to; comma-separated." },
  ]);
  if (command.kind === "help") {
    console.log(command.text.trimEnd());
    return 0;
  }
  if (command.kind === "error") return fail(command.says, 2);
  const urls = readEndpoints(command.flags["endpoints"]!);
  if ("why" in urls) return fail(urls.why, 2);
  const address = parseUrl(`http://${command.flags["listen-addr"]}`);
  if ("why" in address) return fail(`--listen-addr: ${address.why}; write it as 127.0.0.1:23790`, 2);
  if (urls.some((url) => new URL(url).host === new URL(address.url).host)) {
    return fail(`an endpoint should not resolve to the gateway listen addr (${address.url})`, 1);
  }
  const log = new Log("info");
  const pool = new EndpointPool(RETRY_MS, urls);
  const server = net.createServer({ noDelay: true }, (socket) => {
    pool.rotate();
    void relayConnection(socket, pool, DIAL_MS_MAX);
  });
  const trouble = await listenOn(server, { endpoint: address, flag: "listen-addr" });
  if (trouble !== null) return fail(`${trouble.says}; ${trouble.remedy}`, 1);
  log.info("tcpproxy", `ready to proxy client requests to [${urls.join(" ")}]`);
  await notifySystemd(log);
  await signalled(log);
  return 0;
}

function fail(says: string, status: number): number {
  writeLine(`error: ${says}`);
  return status;
}
