// Every command of this etcdctl, and those of the real one that need what is not here.

import type { CtlCommand } from "./call.ts";
import { CLUSTER_COMMANDS } from "./cluster_commands.ts";
import { ENDPOINT_COMMANDS } from "./endpoint_commands.ts";
import type { FlagSpec } from "./flag_words.ts";
import { bool, text } from "./call.ts";
import { KV_COMMANDS } from "./kv_commands.ts";
import { LEASE_COMMANDS } from "./lease_commands.ts";
import { EXIT, print } from "./step.ts";
import { TXN_COMMAND } from "./txn_command.ts";
import { WATCH_COMMAND } from "./watch_command.ts";

/** What `etcdctl version` answers: the release whose commands these are. */
export const CTL_VERSION = "3.4.23";
export const CTL_API_VERSION = "3.4";

const VERSION_COMMAND: CtlCommand = {
  path: ["version"],
  about: "Which etcdctl this is",
  usage: "",
  flags: [],
  *run() {
    yield* print(`etcdctl version: ${CTL_VERSION}\nAPI version: ${CTL_API_VERSION}`);
    return EXIT.success;
  },
};

/** In the order in which etcdctl registers its own, which is the order of its suggestions. */
export const COMMANDS: readonly CtlCommand[] = [
  ...KV_COMMANDS.filter(({ path }) => path[0] === "get"),
  ...KV_COMMANDS.filter(({ path }) => path[0] === "put"),
  ...KV_COMMANDS.filter(({ path }) => path[0] === "del"),
  TXN_COMMAND,
  ...KV_COMMANDS.filter(({ path }) => path[0] === "compaction"),
  ...CLUSTER_COMMANDS.filter(({ path }) => path[0] === "alarm"),
  ...CLUSTER_COMMANDS.filter(({ path }) => path[0] === "defrag"),
  ...ENDPOINT_COMMANDS,
  ...CLUSTER_COMMANDS.filter(({ path }) => path[0] === "move-leader"),
  WATCH_COMMAND,
  VERSION_COMMAND,
  ...LEASE_COMMANDS,
  ...CLUSTER_COMMANDS.filter(({ path }) => path[0] === "member"),
];

/** Commands of the real etcdctl that need files, users, or a process of their own. */
export const ELSEWHERE: readonly string[] = [
  "snapshot",
  "make-mirror",
  "migrate",
  "lock",
  "elect",
  "auth",
  "user",
  "role",
  "check",
];

/** Flags that every command takes. Those about TLS and dialling are read and change nothing here. */
export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  text("endpoints", "127.0.0.1:2379", "whom to ask, by client address"),
  { ...text("write-out", "simple", "fields, json, simple or table"), short: "w" },
  bool("hex", "print bytes as hex"),
  { name: "command-timeout", kind: "duration", shownDefault: "=5s", about: "how long to wait for an answer" },
  { name: "dial-timeout", kind: "duration", shownDefault: "=2s", about: "how long to wait for a connection" },
  {
    name: "keepalive-time",
    kind: "duration",
    shownDefault: "=2s",
    about: "how often a connection is looked after",
  },
  {
    name: "keepalive-timeout",
    kind: "duration",
    shownDefault: "=6s",
    about: "when a connection is given up",
  },
  bool("debug", "log what the client does"),
  bool("insecure-transport", "speak without TLS"),
  bool("insecure-skip-tls-verify", "trust any certificate"),
  text("cacert", "", "certificates to trust"),
  text("cert", "", "this client's certificate"),
  text("key", "", "this client's key"),
  text("user", "", "username[:password]"),
  text("password", "", "password for authentication"),
  bool("help", "say what the command takes", "h"),
];

/** The command that these words begin with; the longest one wins. */
export function findCommand(words: readonly string[]): CtlCommand | null {
  const found = COMMANDS.filter(({ path }) => path.every((word, at) => words[at] === word));
  return found.reduce<CtlCommand | null>(
    (best, command) => (best === null || command.path.length > best.path.length ? command : best),
    null,
  );
}

/** First words of commands, each once: "get", "member", … */
export function topWords(): readonly string[] {
  return [...new Set(COMMANDS.map(({ path }) => path[0]!))];
}
