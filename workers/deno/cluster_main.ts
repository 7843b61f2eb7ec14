// `deno task cluster`: a Procfile's processes from one terminal.
//
//   deno task cluster check                      what the Procfile names
//   deno task cluster start [NAME…]              run them until Ctrl-C
//   deno task cluster run stop etcd1             and from another terminal: start, stop, restart, list, status

import process from "node:process";
import { parseArgs } from "node:util";
import { askRunner, CONTROL_PORT, serveControl } from "./cluster_control.ts";
import { ClusterRunner } from "./cluster_runner.ts";
import { checkCommands, parseProcfile, type Procfile } from "./procfile.ts";
import { type Refusal, refusal } from "./refusal.ts";

const USAGE = `Usage:
  cluster [-f Procfile] [-p PORT] check             say what the Procfile names
  cluster [-f Procfile] [-p PORT] start [NAME...]   run it, or these of it, until Ctrl-C
  cluster [-p PORT] run start|stop|restart NAME...  do that in the cluster that runs
  cluster [-p PORT] run list|status                 say what it has

etcd and bin/etcd in a Procfile are Flotilla's member. PORT is the control port, ${CONTROL_PORT} by default.`;

async function main(): Promise<number> {
  const options = readArguments();
  if (typeof options === "string") return fail(options);
  const { file, port, words: [verb, ...rest] } = options;
  switch (verb) {
    case "check": {
      const procfile = readProcfile(file);
      if (procfile.kind === "refused") return fail(`${procfile.says}; ${procfile.remedy}`);
      const names = procfile.entries.map(({ name }) => name).sort();
      console.log(`valid procfile detected (${names.join(", ")})`);
      return 0;
    }
    case "start":
      return await start(file, port, rest);
    case "run":
      return await control(port, rest);
    default:
      console.log(USAGE);
      return verb === undefined || verb === "help" ? 0 : 2;
  }
}

async function start(file: string, port: number, names: readonly string[]): Promise<number> {
  const procfile = readProcfile(file);
  if (procfile.kind === "refused") return fail(`${procfile.says}; ${procfile.remedy}`);
  const unknown = names.filter((name) => !procfile.entries.some((entry) => entry.name === name));
  if (unknown.length > 0) {
    return fail(`unknown proc: ${unknown.join(", ")}; ${file} has ${namesOf(procfile).join(", ")}`);
  }
  const { promise: quiet, resolve: onQuiet } = Promise.withResolvers<"quiet">();
  const bin = new URL("../../bin", import.meta.url).pathname;
  const runner = new ClusterRunner({
    entries: procfile.entries,
    cwd: typedIn(),
    env: { PATH: `${bin}:${Deno.env.get("PATH") ?? ""}`, DENO: Deno.execPath() },
    write: (line) => console.log(line),
    isColoured: Deno.stdout.isTerminal() && !Deno.noColor,
  }, () => onQuiet("quiet"));
  const trouble = await serveControl(runner, port);
  if (trouble !== null) return fail(trouble);

  const signals = new Promise<"signal">((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(signal, () => resolve("signal"));
    }
  });
  for (const name of names.length > 0 ? names : namesOf(procfile)) runner.start(name);
  const why = await Promise.race([quiet, signals]);
  await runner.stopAll();
  return why === "quiet" && runner.failed ? 1 : 0;
}

async function control(port: number, words: readonly string[]): Promise<number> {
  if (words.length === 0) return fail("run needs a command; start, stop, restart, list or status");
  const lines = await askRunner(port, words);
  if (lines === null) {
    return fail(
      `no cluster answers "${
        words[0]
      }" on 127.0.0.1:${port}; start one with deno task cluster start, or name its ` +
        "control port with -p",
    );
  }
  const last = lines.at(-1)!;
  for (const line of lines.slice(0, -1)) console.log(line);
  if (last === "ok") return 0;
  console.error(last);
  return 1;
}

function readProcfile(path: string): Procfile | Refusal {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    return refusal(
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      "name the Procfile with -f",
    );
  }
  const procfile = parseProcfile(path, text);
  if (procfile.kind === "refused") return procfile;
  return checkCommands(path, procfile) ?? procfile;
}

function namesOf({ entries }: Procfile): string[] {
  return entries.map(({ name }) => name);
}

interface Arguments {
  readonly file: string;
  readonly port: number;
  readonly words: readonly string[];
}

/** Or what is wrong with them. */
function readArguments(): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...Deno.args],
      options: { f: { type: "string", default: "Procfile" }, p: { type: "string" } },
      allowPositionals: true,
    });
    const text = values.p ?? Deno.env.get("GOREMAN_RPC_PORT") ?? String(CONTROL_PORT);
    const port = Number(text);
    if (!/^\d+$/.test(text) || port > 65_535) {
      return `invalid value "${text}" for -p: must be a port; write -p 8555`;
    }
    return { file: resolveFrom(values.f), port, words: positionals };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function resolveFrom(path: string): string {
  return path.startsWith("/") ? path : `${typedIn()}/${path}`;
}

/** `deno task` runs in the project's directory; INIT_CWD is where it was typed. */
function typedIn(): string {
  return Deno.env.get("INIT_CWD") ?? Deno.cwd();
}

function fail(says: string): number {
  console.error(`error: ${says}`);
  return 1;
}

process.exit(await main());
