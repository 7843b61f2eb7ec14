// The entry of a member that runs as a process: `deno task member --name infra1 …`, with etcd's flags.

import process from "node:process";
import { envNameOf, FLAGS } from "../../core/etcd/flag_table.ts";
import { parseCommandLine } from "../../core/etcd/flags.ts";
import { Log, writeLine } from "./log.ts";
import { startMember } from "./member_host.ts";
import { ETCD_VERSION, FLOTILLA_VERSION } from "./version.ts";

const EXIT_BAD_FLAGS = 2;
const EXIT_FAILED = 1;

async function main(): Promise<number> {
  const command = parseCommandLine(Deno.args, etcdEnvironment());
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
  const log = new Log(command.logLevel);
  const started = await startMember(command, log);
  if (started.kind === "refused") {
    writeLine(`error: ${[started.says, started.remedy].filter((part) => part !== "").join("; ")}`);
    return EXIT_FAILED;
  }
  const stopped = new Promise<"signal">((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => {
        log.info("etcdmain", `received ${signal}, stopping`);
        resolve("signal");
      });
    }
  });
  const reason = await Promise.race([started.ended, stopped]);
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
