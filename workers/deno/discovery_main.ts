// `deno task discovery start`: the public discovery service, on top of a running cluster.
//
//   deno task discovery start --etcd http://127.0.0.1:2379 --host http://127.0.0.1:8087 --addr 127.0.0.1:8087
//   curl http://127.0.0.1:8087/new?size=3

import process from "node:process";
import { parseUrl } from "../../core/etcd/urls.ts";
import { createDiscoveryService } from "./discovery_service.ts";
import { listenOn } from "./listen.ts";
import { Log, writeLine } from "./log.ts";
import { signalled } from "./signals.ts";
import { parseSubcommand, readEndpoints } from "./subcommand.ts";

async function main(): Promise<number> {
  const command = parseSubcommand("discovery", Deno.args.length === 0 ? ["start"] : Deno.args, [
    { name: "etcd", default: "http://127.0.0.1:2379", help: "Client URLs of the cluster behind." },
    { name: "host", default: "", help: "URL that tokens begin with; empty: http:// and --addr." },
    { name: "addr", default: "127.0.0.1:8087", help: "Where to listen." },
  ]);
  if (command.kind === "help") {
    console.log(command.text.trimEnd());
    return 0;
  }
  if (command.kind === "error") return fail(command.says, 2);
  const { etcd = "", host = "", addr = "" } = command.flags;
  const etcdUrls = readEndpoints(etcd);
  if ("why" in etcdUrls) return fail(etcdUrls.why, 2);
  const address = parseUrl(`http://${addr}`);
  if ("why" in address) return fail(`--addr: ${address.why}; write it as 127.0.0.1:8087`, 2);
  const hostUrl = host === "" ? address.url : host;

  const log = new Log("info");
  const server = createDiscoveryService({ etcdUrls, hostUrl, log });
  const trouble = await listenOn(server, { endpoint: address, flag: "addr" });
  if (trouble !== null) return fail(`${trouble.says}; ${trouble.remedy}`, 1);
  log.info("discovery", `discovery serving on ${addr}, tokens in [${etcdUrls.join(" ")}]`);
  await signalled(log);
  return 0;
}

function fail(says: string, status: number): number {
  writeLine(`error: ${says}`);
  return status;
}

process.exit(await main());
