// The entry of a member that runs as a process: `deno task member --name infra1 …`, with etcd's flags.

import process from "node:process";
import { envNameOf, FLAGS } from "../../core/etcd/flag_table.ts";
import {
  type CommandLine,
  configFileOf,
  parseCommandLine,
  parseConfigValues,
} from "../../core/etcd/flags.ts";
import { readConfigFile } from "./config_file.ts";
import { runGateway } from "./gateway.ts";
import { runGrpcProxy } from "./grpc_proxy_command.ts";
import { openLog, writeLine } from "./log.ts";
import { startMember } from "./member_host.ts";
import type { Refusal } from "./refusal.ts";
import { signalled } from "./signals.ts";
import { ETCD_VERSION, FLOTILLA_VERSION } from "./version.ts";

const EXIT_BAD_FLAGS = 2;
const EXIT_FAILED = 1;

async function main(): Promise<number> {
  const subcommand = SUBCOMMANDS[Deno.args[0] ?? ""];
  if (subcommand !== undefined) return await subcommand(Deno.args.slice(1));
  const command = readCommandLine();
  switch (command.kind) {
    case "help":
      console.log(command.text.trimEnd());
      return 0;
    case "version":
      console.log(`etcd Version: ${ETCD_VERSION}\nFlotilla Version: ${FLOTILLA_VERSION}`);
      return 0;
    case "errors":
      writeLine(`error: ${command.errors.join("; ")}`);
      return EXIT_BAD_FLAGS;
  }
  const opened = openLog(command.logLevel, command.start);
  if (opened.kind === "refused") return refuse(opened);
  const { log } = opened;
  const started = await startMember(command, log);
  if (started.kind === "refused") return refuse(started);
  const reason = await Promise.race([started.ended, signalled(log)]);
  await started.stop();
  if (reason === "signal") return 0;
  switch (reason.kind) {
    case "removed":
      log.info(
        "etcdserver",
        "the member has been permanently removed from the cluster: its data-dir can be deleted",
      );
      return 0;
    case "diskFailed":
      writeLine(
        `error: the disk failed: ${reason.why}; nothing acknowledged is lost: free space or mend the disk, then ` +
          "start this member again",
      );
      return EXIT_FAILED;
    case "violation":
      writeLine(
        `error: ${
          reason.error.stack ?? reason.error.message
        }; this is a bug: keep the data-dir and report it`,
      );
      return EXIT_FAILED;
  }
}

/** etcd's other personalities, told by the first argument as in etcd. */
const SUBCOMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  gateway: runGateway,
  "grpc-proxy": runGrpcProxy,
};

function readCommandLine(): CommandLine {
  const env = etcdEnvironment();
  const path = configFileOf(Deno.args, env);
  if (path === "") return parseCommandLine(Deno.args, env);
  const file = readConfigFile(path);
  if (file.kind === "values") return parseConfigValues(path, file.values);
  return { kind: "errors", errors: [`${file.says}; ${file.remedy}`] };
}

function refuse({ says, remedy }: Refusal): number {
  writeLine(`error: ${[says, remedy].filter((part) => part !== "").join("; ")}`);
  return EXIT_FAILED;
}

/** The flags' variables one by one: the task's permission is for these alone, not for the environment as a whole. */
function etcdEnvironment(): Map<string, string> {
  const env = new Map<string, string>();
  for (const { name } of FLAGS) {
    const value = Deno.env.get(envNameOf(name));
    if (value !== undefined) env.set(envNameOf(name), value);
  }
  return env;
}

process.exit(await main());
