// The disk of a member that runs as a process: real files under etcd's layout. "wal/…" lives in DATA/member/wal (or in
// --wal-dir), "snap/…" in DATA/member/snap.
//
// Operations are carried out in order, and a file is synced before the next file is touched: so a crash keeps a prefix
// of them, as the core relies on. A write to one file, which is nearly every write, costs one fdatasync. The sync runs
// off the event loop: a disk that needs ten milliseconds must not keep heartbeats waiting. The bytes themselves go to
// the page cache at once, which is cheaper than a trip to a thread.

import { assert } from "../../core/base/assert.ts";
import type { DiskImage, DiskOp, DiskWrite } from "../../core/base/disk.ts";
import type { Disk } from "../../core/member/ports.ts";
import { type Refusal, refusal } from "./refusal.ts";

export interface DiskPlaces {
  /** --data-dir */
  readonly dataDir: string;
  /** --wal-dir; null for the place inside the data directory. */
  readonly walDir: string | null;
}

export interface OpenedDisk {
  readonly kind: "opened";
  readonly disk: FileDisk;
  readonly image: DiskImage;
}

/** What a half-made replacement is called: never read, removed on opening. */
const TEMPORARY_SUFFIX = ".tmp";
/** Held as long as the disk is open. The kernel lets go of it with the process, however that ends. */
const LOCK_FILE = "flotilla.lock";
/** Larger writes leave the event loop to others meanwhile. */
const SYNCHRONOUS_BYTES_MAX = 256 * 1024;

/**
 * Locks the directories, creating those that are missing, and reads every file in them.
 * Troubles of the world (no permission, locked by another process, not a directory) come back as a refusal.
 */
export function openFileDisk(places: DiskPlaces): OpenedDisk | Refusal {
  const memberDir = `${places.dataDir}/member`;
  const folders = foldersOf(places);
  const locks: Deno.FsFile[] = [];
  try {
    // As etcd does: the keys and values of others are nobody else's business.
    for (const folder of [places.dataDir, memberDir, folders.wal, folders.snap]) makeDirectory(folder);
    for (const folder of new Set([memberDir, folders.wal])) {
      const lock = lockDirectory(folder);
      if (lock === null) {
        for (const held of locks) held.close();
        return refusal(
          `data-dir ${places.dataDir} is in use: another process holds ${folder}/${LOCK_FILE}`,
          "stop the member that runs on it, or give this one a --data-dir (and --wal-dir) of its own",
        );
      }
      locks.push(lock);
    }
    const image = new Map([...readFolder("wal", folders.wal), ...readFolder("snap", folders.snap)]);
    return { kind: "opened", disk: new FileDisk(folders, locks), image };
  } catch (error) {
    for (const held of locks) held.close();
    return refusal(
      `cannot use data-dir ${places.dataDir}: ${messageOf(error)}`,
      "make it a directory that this user can read and write, or choose another --data-dir",
    );
  }
}

/** False when there is certainly no log yet: a first start, then. Creates nothing. */
export function mayHoldLog(places: DiskPlaces): boolean {
  try {
    return [...Deno.readDirSync(foldersOf(places).wal)].some((entry) => entry.name.endsWith(".wal"));
  } catch (error) {
    // One that cannot be looked into may hold anything; opening it will say what is the matter.
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** Where the first half of a file's name says it lives. */
interface Folders {
  readonly wal: string;
  readonly snap: string;
}

function foldersOf({ dataDir, walDir }: DiskPlaces): Folders {
  return { wal: walDir ?? `${dataDir}/member/wal`, snap: `${dataDir}/member/snap` };
}

/** The file at whose end the log grows: kept open, since nearly every operation is for it. */
interface OpenFile {
  readonly name: string;
  readonly file: Deno.FsFile;
  sizeBytes: number;
  /** Bytes were written that no sync has covered yet. */
  dirty: boolean;
}

export class FileDisk implements Disk {
  readonly #folders: Folders;
  readonly #locks: readonly Deno.FsFile[];
  #tail: OpenFile | null = null;
  #state: "idle" | "writing" | "failed" | "closed" = "idle";
  #syncCount = 0;

  constructor(folders: Folders, locks: readonly Deno.FsFile[]) {
    this.#folders = folders;
    this.#locks = locks;
  }

  /** How many times a log file was synced since the start. */
  get syncCount(): number {
    return this.#syncCount;
  }

  write(write: DiskWrite, onWritten: () => void, onFailed: (why: string) => void): void {
    assert(this.#state === "idle", () => `write ${write.writeId} to a disk that is ${this.#state}`);
    this.#state = "writing";
    this.#perform(write.ops).then(() => {
      if (this.#finish("idle")) onWritten();
    }, (error) => {
      // A file size limit or a full disk may leave half a record behind. Recovery knows it for a torn tail: it was
      // never acknowledged.
      if (this.#finish("failed")) onFailed(messageOf(error));
    });
  }

  /** Lets go of files and locks, after the write in flight; nobody hears of that write any more. Idempotent. */
  close(): void {
    const writing = this.#state === "writing";
    if (this.#state === "closed") return;
    this.#state = "closed";
    if (!writing) this.#release();
  }

  /** False when the disk was closed meanwhile. */
  #finish(state: "idle" | "failed"): boolean {
    if (this.#state === "closed") {
      this.#release();
      return false;
    }
    this.#state = state;
    return true;
  }

  #release(): void {
    this.#tail?.file.close();
    this.#tail = null;
    for (const lock of this.#locks) lock.close();
  }

  async #perform(ops: readonly DiskOp[]): Promise<void> {
    for (const op of ops) {
      switch (op.kind) {
        case "append":
          await this.#append(op.file, op.offsetBytes, op.bytes);
          break;
        case "truncate": {
          const tail = await this.#open(op.file);
          await tail.file.truncate(op.sizeBytes);
          await tail.file.seek(op.sizeBytes, Deno.SeekMode.Start);
          tail.sizeBytes = op.sizeBytes;
          tail.dirty = true;
          break;
        }
        case "replace":
          await this.#letGoOfTail();
          await this.#replace(op.file, op.bytes);
          break;
        case "remove":
          await this.#letGoOfTail();
          await removeIfThere(this.#path(op.file));
          await syncDirectory(this.#directory(op.file));
          break;
      }
    }
    await this.#syncTail();
  }

  async #append(name: string, offsetBytes: number, bytes: Uint8Array): Promise<void> {
    const tail = await this.#open(name);
    if (tail.sizeBytes !== offsetBytes) {
      throw new Error(
        `${name} is ${tail.sizeBytes} bytes long where ${offsetBytes} were expected: changed by others?`,
      );
    }
    tail.dirty = true;
    for (let at = 0; at < bytes.length;) {
      const rest = bytes.subarray(at);
      at += rest.length <= SYNCHRONOUS_BYTES_MAX ? tail.file.writeSync(rest) : await tail.file.write(rest);
    }
    tail.sizeBytes += bytes.length;
  }

  async #open(name: string): Promise<OpenFile> {
    if (this.#tail?.name === name) return this.#tail;
    await this.#letGoOfTail();
    const path = this.#path(name);
    const isNew = !(await exists(path));
    const file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
    // Without this a crash may keep the bytes and lose the name.
    if (isNew) await syncDirectory(this.#directory(name));
    const sizeBytes = await file.seek(0, Deno.SeekMode.End);
    this.#tail = { name, file, sizeBytes, dirty: false };
    return this.#tail;
  }

  async #letGoOfTail(): Promise<void> {
    await this.#syncTail();
    this.#tail?.file.close();
    this.#tail = null;
  }

  async #syncTail(): Promise<void> {
    const tail = this.#tail;
    if (!tail?.dirty) return;
    await tail.file.syncData();
    tail.dirty = false;
    this.#syncCount += 1;
  }

  async #replace(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name);
    const file = await Deno.open(path + TEMPORARY_SUFFIX, {
      write: true,
      create: true,
      truncate: true,
      mode: 0o600,
    });
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(path + TEMPORARY_SUFFIX, path);
    await syncDirectory(this.#directory(name));
  }

  #directory(name: string): string {
    const folder = name.slice(0, name.indexOf("/"));
    assert(folder === "wal" || folder === "snap", `no place for a file named ${name}`);
    return this.#folders[folder];
  }

  #path(name: string): string {
    const base = name.slice(name.indexOf("/") + 1);
    assert(/^[^/]+$/.test(base) && !base.endsWith(TEMPORARY_SUFFIX), `not a name for a file: ${name}`);
    return `${this.#directory(name)}/${base}`;
  }
}

function makeDirectory(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // Said of a dangling link and of a file in the way; the system's own text names neither.
    if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) {
      throw new Error(`${path} is not a directory`);
    }
    throw error;
  }
}

/** Null when another process holds it. */
function lockDirectory(directory: string): Deno.FsFile | null {
  const file = Deno.openSync(`${directory}/${LOCK_FILE}`, { write: true, create: true, mode: 0o600 });
  if (file.tryLockSync(true)) return file;
  file.close();
  return null;
}

function* readFolder(folder: string, directory: string): Iterable<[string, Uint8Array]> {
  for (const entry of Deno.readDirSync(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.name === LOCK_FILE) continue;
    if (entry.name.endsWith(TEMPORARY_SUFFIX)) Deno.removeSync(path);
    else if (entry.isDirectory) throw new Error(`${path} is a directory where a file was expected`);
    else yield [`${folder}/${entry.name}`, Deno.readFileSync(path)];
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Makes the names in a directory durable: those created, renamed and removed. */
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
