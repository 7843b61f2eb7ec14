// The command lines of etcd's helpers (`gateway start`, `grpc-proxy start`): one verb, then long flags.

import { parseArgs } from "node:util";
import { parseUrl } from "../../core/etcd/urls.ts";

export interface SubcommandFlag {
  readonly name: string;
  readonly default: string;
  readonly help: string;
}

export type Subcommand =
  | { readonly kind: "flags"; readonly flags: Readonly<Record<string, string>> }
  | { readonly kind: "help"; readonly text: string }
  /** One line: the cause, then the remedy. */
  | { readonly kind: "error"; readonly says: string };

/** @param name "grpc-proxy"; its only verb is "start". */
export function parseSubcommand(
  name: string,
  args: readonly string[],
  flags: readonly SubcommandFlag[],
): Subcommand {
  const help = `Usage:\n  ${name} start [flags]\n\nFlags:\n` + flags.map((flag) => {
    return `  --${flag.name} '${flag.default}'\n    ${flag.help}\n`;
  }).join("");
  if (args.length === 0 || args.includes("--help") || args.includes("-h")) {
    return { kind: "help", text: help };
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        flags.map((flag) => [flag.name, { type: "string" as const, default: flag.default }]),
      ),
      strict: true,
      // As with etcd's, flags may stand on either side of the verb.
      allowPositionals: true,
    });
    if (positionals.length !== 1 || positionals[0] !== "start") {
      const odd = positionals.find((word) => word !== "start") ?? "";
      return { kind: "error", says: `unknown command "${odd}" for "${name}"; write ${name} start` };
    }
    return { kind: "flags", flags: values as Readonly<Record<string, string>> };
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    return { kind: "error", says: `${why}; see ${name} start --help` };
  }
}

/** "A,B" with or without schemes as client URLs; or what is wrong with one. */
export function readEndpoints(text: string): readonly string[] | { readonly why: string } {
  const urls: string[] = [];
  for (const part of text.split(",").map((part) => part.trim()).filter((part) => part !== "")) {
    const endpoint = parseUrl(part.includes("://") ? part : `http://${part}`);
    if ("why" in endpoint) return { why: `endpoint "${part}": ${endpoint.why}; write it as 127.0.0.1:2379` };
    if (endpoint.scheme !== "http") {
      return { why: `endpoint "${part}": only plain HTTP is spoken; use http://` };
    }
    urls.push(endpoint.url);
  }
  return urls.length > 0 ? urls : { why: "no endpoints found; name some with --endpoints" };
}
