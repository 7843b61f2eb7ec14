// `etcd grpc-proxy start`: the proxy's command line and its port. (etcdmain/grpc_proxy.go)

import http from "node:http";
import { hostname } from "node:os";
import { create, toBinary } from "@bufbuild/protobuf";
import { utf8 } from "../../core/base/bytes.ts";
import { parseUrl } from "../../core/etcd/urls.ts";
import { KV, RangeRequestSchema } from "../../core/wire/gen/rpc_pb.ts";
import { ClientPort } from "./client_port.ts";
import { EndpointPool } from "./endpoint_pool.ts";
import { GrpcChannel } from "./grpc_channel.ts";
import { grpcProxyMethods } from "./grpc_proxy.ts";
import { grpcHandler } from "./grpc_server.ts";
import { ServerConnection } from "./http2/server_connection.ts";
import { Log, writeLine } from "./log.ts";
import { signalled } from "./signals.ts";
import { parseSubcommand, readEndpoints } from "./subcommand.ts";
import { notifySystemd } from "./systemd_notify.ts";

/** A failed endpoint rests this long. */
const FAILURE_WAIT_MS = 1_000;
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;
const HEALTH_MS_MAX = 1_000;

/** The exit status. */
export async function runGrpcProxy(args: readonly string[]): Promise<number> {
  const command = parseSubcommand("grpc-proxy", args, [
    { name: "listen-addr", default: "127.0.0.1:23790", help: "Where to listen for clients." },
    { name: "endpoints", default: "127.0.0.1:2379", help: "Members to pass on to; comma-separated." },
    {
      name: "advertise-client-url",
      default: "127.0.0.1:23790",
      help: "What `member list` shows as the one member; empty for the cluster's own members.",
    },
    { name: "namespace", default: "", help: "Prefix under which the clients' keys live in the cluster." },
  ]);
  if (command.kind === "help") {
    console.log(command.text.trimEnd());
    return 0;
  }
  if (command.kind === "error") return fail(command.says, 2);
  const { flags } = command;
  const urls = readEndpoints(flags["endpoints"]!);
  if ("why" in urls) return fail(urls.why, 2);
  const address = parseUrl(`http://${flags["listen-addr"]}`);
  if ("why" in address) return fail(`--listen-addr: ${address.why}; write it as 127.0.0.1:23790`, 2);

  const log = new Log("info");
  const channel = new GrpcChannel(new EndpointPool(FAILURE_WAIT_MS, urls));
  const port = new ClientPort();
  const trouble = await port.listen([{ endpoint: address, flag: "listen-addr" }]);
  if (trouble !== null) return fail(`${trouble.says}; ${trouble.remedy}`, 1);
  const handler = grpcHandler({
    methods: grpcProxyMethods({
      channel,
      advertiseClientUrl: flags["advertise-client-url"]!,
      hostname: hostname(),
      namespace: utf8(flags["namespace"]!),
    }),
    messageBytesMax: MESSAGE_BYTES_MAX,
  });
  port.serve({ http2: (socket) => void new ServerConnection(socket, handler), http: httpFront(channel) });
  log.info("grpcproxy", `listening for gRPC proxy client requests on ${flags["listen-addr"]}`);
  log.info("grpcproxy", `started gRPC proxy to [${urls.join(" ")}], ready to proxy client requests`);
  await notifySystemd(log);
  await signalled(log);
  channel.close();
  await port.close();
  return 0;
}

/** /health, by a read through the cluster; nothing else is served over plain HTTP. */
function httpFront(channel: GrpcChannel): http.Server {
  const server = http.createServer(async (request, response) => {
    response.on("error", () => {});
    request.resume();
    if (request.url !== "/health") return void response.writeHead(404).end("404 page not found\n");
    const read = toBinary(RangeRequestSchema, create(RangeRequestSchema, { key: utf8("a") }));
    const path = `/${KV.typeName}/${KV.method.range.name}`;
    const answer = await channel.unary(path, read, { canRepeat: true, timeoutMs: HEALTH_MS_MAX });
    const isWell = answer.kind === "message";
    response.writeHead(isWell ? 200 : 503, { "Content-Type": "application/json" })
      .end(`{"health":"${isWell}"}`);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

function fail(says: string, status: number): number {
  writeLine(`error: ${says}`);
  return status;
}
