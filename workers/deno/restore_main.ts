// The entry of `deno task restore FILE --data-dir DIR …`: makes a member's data directory out of an etcd snapshot, a real
// etcd's or ours, with the flags of `etcdctl snapshot restore`. Run it once for each member of the new cluster, with the
// same file, then start the members.

import type { DiskOp } from "../../core/base/disk.ts";
import { shortId } from "../../core/base/ids.ts";
import { type BackendState, isTrouble, readSnapshotFile, restoredDisk } from "../../core/backend/mod.ts";
import { type MemberConfig, parseCommandLine } from "../../core/etcd/flags.ts";
import { type InitialCluster, readInitialCluster } from "../../core/etcd/initial_cluster.ts";
import { openFileDisk } from "./file_disk.ts";
import { writeLine } from "./log.ts";
import { type Refusal, refusal } from "./refusal.ts";

const EXIT_BAD_FLAGS = 2;
const EXIT_FAILED = 1;

/** Flags that mean what they mean to a member. */
const SHARED_FLAGS = [
  "data-dir",
  "initial-advertise-peer-urls",
  "initial-cluster",
  "initial-cluster-token",
  "name",
  "wal-dir",
];
/** What a directory is called until it is complete. */
const UNFINISHED_SUFFIX = ".restoring";

const HELP = `Makes a member's data directory out of an etcd snapshot.

  deno task restore FILE [flags]

      --data-dir DIR                       directory to make; it must not exist (NAME.etcd)
      --wal-dir DIR                        directory to make for the log (DIR/member/wal)
      --name NAME                          this member's name ("default")
      --initial-cluster NAME=URL,...       all members of the new cluster ("default=http://localhost:2380")
      --initial-cluster-token TOKEN        sets the new cluster apart from every other ("etcd-cluster")
      --initial-advertise-peer-urls URL    this member's peer URLs ("http://localhost:2380")
      --skip-hash-check                    take a file whose SHA-256 is missing or wrong, such as a copy of member/snap/db

Run it for every member of the new cluster, with the same file; then start the members with the same flags.`;

interface RestoreCommand {
  readonly kind: "restore";
  readonly file: string;
  readonly skipHashCheck: boolean;
  readonly config: MemberConfig;
  readonly cluster: InitialCluster;
}

async function main(): Promise<number> {
  const command = readCommand(Deno.args);
  if (command.kind === "help") {
    console.log(HELP);
    return 0;
  }
  if (command.kind === "errors") {
    writeLine(`error: ${command.errors.join("; ")}`);
    return EXIT_BAD_FLAGS;
  }
  const state = readState(command);
  const made = state.kind === "refused" ? state : await makeDataDir(command, state);
  if (made.kind === "refused") {
    writeLine(`error: ${made.says}; ${made.remedy}`);
    return EXIT_FAILED;
  }
  sayWhatWasMade(command, made);
  return 0;
}

function readCommand(
  argv: readonly string[],
): RestoreCommand | { readonly kind: "help" } | {
  readonly kind: "errors";
  readonly errors: readonly string[];
} {
  const files: string[] = [];
  const errors: string[] = [];
  const memberArguments: string[] = [];
  let skipHashCheck = false;
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!;
    const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined) files.push(argument);
    else if (name === "help" || name === "h") return { kind: "help" };
    else if (name === "skip-hash-check") skipHashCheck = value !== "false";
    else if (!SHARED_FLAGS.includes(name)) errors.push(`unknown flag: --${name}; --help lists the flags`);
    else {
      memberArguments.push(argument);
      const next = argv[at + 1];
      if (value === undefined && next !== undefined) {
        memberArguments.push(next);
        at += 1;
      }
    }
  }
  const [file] = files;
  if (file === undefined || files.length > 1) {
    errors.push(
      `restore takes one snapshot file, not ${files.length}; write deno task restore FILE --data-dir DIR`,
    );
  }
  const config = parseCommandLine(memberArguments, new Map());
  if (config.kind === "errors") errors.push(...config.errors);
  if (config.kind !== "config" || file === undefined || errors.length > 0) return { kind: "errors", errors };
  const cluster = readInitialCluster(config);
  if (cluster.kind === "errors") return cluster;
  return { kind: "restore", file, skipHashCheck, config, cluster };
}

function readState({ file, skipHashCheck }: RestoreCommand): BackendState | Refusal {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(file);
  } catch (error) {
    return refusal(
      `cannot read ${file}: ${messageOf(error)}`,
      "name the file that `etcdctl snapshot save` wrote",
    );
  }
  const state = readSnapshotFile(bytes, { skipHashCheck });
  if (isTrouble(state)) {
    return refusal(
      `${file} is not a snapshot that can be restored: ${state.says}`,
      "take a new one, or another copy",
    );
  }
  return state;
}

/**
 * Makes the directories under other names first and gives them theirs when they are complete: one that a crash left
 * half made must not be taken for a member with less data. The log comes before the rest, since a data directory
 * without a log looks like a first start.
 */
async function makeDataDir(
  { config, cluster }: RestoreCommand,
  state: BackendState,
): Promise<BackendState | Refusal> {
  const { dataDir, walDir } = config;
  const finished = [...(walDir === "" ? [] : [walDir]), dataDir];
  for (const [i, path] of finished.entries()) {
    if (!exists(path)) continue;
    const flag = i === finished.length - 1 ? "data-dir" : "wal-dir";
    return refusal(`${flag} "${path}" exists`, `remove it, or choose another --${flag}`);
  }
  const unfinished = (path: string) => path.replace(/\/+$/, "") + UNFINISHED_SUFFIX;
  try {
    for (const path of finished) {
      if (exists(unfinished(path))) Deno.removeSync(unfinished(path), { recursive: true });
    }
    const opened = openFileDisk({
      dataDir: unfinished(dataDir),
      walDir: walDir === "" ? null : unfinished(walDir),
    });
    if (opened.kind === "refused") return opened;
    const { self, clusterId, members } = cluster;
    const trouble = await writeAll(opened.disk, restoredDisk(state, { self, clusterId, members }));
    opened.disk.close();
    if (trouble !== null) {
      return refusal(`cannot write ${dataDir}: ${trouble}`, "free space, or choose another --data-dir");
    }
    for (const path of finished) {
      Deno.renameSync(unfinished(path), path);
      await syncDirectory(parentOf(path));
    }
    return state;
  } catch (error) {
    return refusal(
      `cannot make ${dataDir}: ${messageOf(error)}`,
      "make its parent a directory that this user can write",
    );
  }
}

/** Null when everything is on disk. */
function writeAll(
  disk: {
    write: (
      write: { writeId: number; ops: DiskOp[] },
      onWritten: () => void,
      onFailed: (why: string) => void,
    ) => void;
  },
  ops: DiskOp[],
): Promise<string | null> {
  return new Promise((resolve) => disk.write({ writeId: 1, ops }, () => resolve(null), resolve));
}

function sayWhatWasMade({ file, config, cluster }: RestoreCommand, { kv, applied }: BackendState): void {
  const leases = kv.leases().length;
  writeLine(
    `restored ${file} (applied index ${applied}) into ${config.dataDir}: ${kv.keyCount} keys at revision ${kv.revision}, ` +
      `${leases} lease${leases === 1 ? "" : "s"}, as member ${config.name} (${
        shortId(cluster.self)
      }) of cluster ` +
      shortId(cluster.clusterId),
  );
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function parentOf(path: string): string {
  return path.replace(/\/+$/, "").replace(/\/?[^/]+$/, "") || (path.startsWith("/") ? "/" : ".");
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await Deno.open(path);
  try {
    await directory.sync();
  } finally {
    directory.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

Deno.exit(await main());
